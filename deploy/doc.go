// Package deploy holds what it takes to run Gatehound: images, a compose file,
// the configuration of gateways and shippers, alert rules and a dashboard. It has
// no code but its tests, which run all of it as far as that goes without a
// container engine: the real program reads the configurations, a real nginx
// writes the log format, a real Prometheus evaluates rules and dashboard.
package deploy
