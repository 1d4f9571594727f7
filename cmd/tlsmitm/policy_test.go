package main

import (
	"reflect"
	"testing"

	"tlsmitm/cmd/tlsmitm/internal/config"
	"tlsmitm/proxy"
)

func TestRulesStandInTheOrderOfTheirSpecificity(t *testing.T) {
	got := rules(config.Policy{
		Default:   config.ActionTunnel,
		Intercept: []config.Pattern{"*", "a.example", "*.b.example"},
		Observe:   []config.Pattern{"*.b.example", "*:22", "c.example"},
		Tunnel:    []config.Pattern{"*.b.example", "*:22"},
		Refuse:    []config.Pattern{"*.example", "*.b.example", "a.example:25"},
	})
	want := []proxy.Rule{
		{Host: "a.example:25", Action: proxy.ActionRefuse},
		{Host: "c.example", Action: proxy.ActionObserve},
		{Host: "a.example", Action: proxy.ActionIntercept},
		{Host: "*.b.example", Action: proxy.ActionRefuse},
		{Host: "*.b.example", Action: proxy.ActionTunnel},
		{Host: "*.b.example", Action: proxy.ActionObserve},
		{Host: "*.b.example", Action: proxy.ActionIntercept},
		{Host: "*.example", Action: proxy.ActionRefuse},
		{Host: "*:22", Action: proxy.ActionTunnel},
		{Host: "*:22", Action: proxy.ActionObserve},
		{Host: "*", Action: proxy.ActionIntercept},
		{Host: "*", Action: proxy.ActionTunnel},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
