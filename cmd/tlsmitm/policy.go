package main

import (
	"slices"

	"tlsmitm/cmd/tlsmitm/internal/config"
	"tlsmitm/proxy"
)

// rules turns the settings' policy into the proxy's, in which the first match
// holds: the most specific pattern first; of equals the one that lets less pass.
func rules(p config.Policy) []proxy.Rule {
	type rule struct {
		pattern config.Pattern
		action  proxy.Action
	}
	var all []rule
	for _, list := range []struct {
		action   proxy.Action
		patterns []config.Pattern
	}{{proxy.ActionRefuse, p.Refuse}, {proxy.ActionTunnel, p.Tunnel}, {proxy.ActionObserve, p.Observe}, {proxy.ActionIntercept, p.Intercept}} {
		for _, pattern := range list.patterns {
			all = append(all, rule{pattern, list.action})
		}
	}
	slices.SortStableFunc(all, func(a, b rule) int { return b.pattern.Specificity() - a.pattern.Specificity() })
	var rules []proxy.Rule
	for _, r := range all {
		rules = append(rules, proxy.Rule{Host: string(r.pattern), Action: r.action})
	}
	return append(rules, proxy.Rule{Host: "*", Action: proxy.Action(p.Default)})
}
