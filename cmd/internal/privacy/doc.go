// Package privacy does the work of the commands about personal data: redact,
// reveal and forget. Each act is written to the audit before it is done.
package privacy
