// Package spend watches what each principal and each tenant costs: denial of
// wallet, stolen keys that are used up, agents that loop, and budgets.
//
// It has two detectors, spend.principal and spend.tenant, with an hour as their
// window. Money counts where the log states it or the price table knows it, and
// tokens where not. It does not count requests: that is package rate's matter.
package spend
