// Package scan detects who looks for what an API has and does not tell:
// enumeration of paths, models and object ids, requests for sensitive files,
// scraping, and clients that are not what they say.
//
// A gateway on the internet is scanned all the time, so what was refused only
// is told at a low severity, once a day for each caller, and as one finding on
// everything when it is many. Different things are counted, not requests.
package scan
