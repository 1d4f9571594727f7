package main

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// trustIn makes a certificate database that trusts the visit's root, if it has one.
func (v visit) trustIn(t *testing.T, db string) {
	t.Helper()
	check(t, os.MkdirAll(db, 0o700))
	commands := [][]string{{"-N", "--empty-password"}}
	if v.trust != "" {
		commands = append(commands, []string{"-A", "-t", "C,,", "-n", "root", "-i", v.trust})
	}
	for _, args := range commands {
		_, err := v.run(t, "certutil", append([]string{"-d", "sql:" + db}, args...)...)
		check(t, err)
	}
}

// fetchChromium returns the page as Chromium's document says it is.
func fetchChromium(t *testing.T, v visit) ([]byte, error) {
	v.trustIn(t, filepath.Join(v.dir, ".pki", "nssdb"))
	dom, err := v.run(t, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--user-data-dir="+filepath.Join(v.dir, "profile"), "--proxy-server=http://"+v.proxy, "--proxy-bypass-list=<-loopback>",
		"--dump-dom", v.url)
	return bytes.TrimSuffix(dom, []byte("\n")), err
}

// background is the colour of the page.
var background = color.RGBA{0x1b, 0x7f, 0x3c, 0xff}

// fetchFirefox returns nothing: it is the picture of the page that must be right.
func fetchFirefox(t *testing.T, v visit) ([]byte, error) {
	profile, picture := filepath.Join(v.dir, "profile"), filepath.Join(v.dir, "page.png")
	v.trustIn(t, profile)
	_, port, err := net.SplitHostPort(v.proxy)
	check(t, err)
	prefs := fmt.Sprintf(firefoxPrefs, port)
	check(t, os.WriteFile(filepath.Join(profile, "user.js"), []byte(prefs), 0o600))
	if _, err := v.run(t, "firefox-esr", "--headless", "--no-remote", "--profile", profile, "--window-size", "300,200", "--screenshot", picture, v.url); err != nil {
		return nil, err
	}
	f, err := os.Open(picture)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	shot, err := png.Decode(f)
	if err != nil {
		return nil, err
	}
	corner := shot.Bounds().Max
	if color.RGBAModel.Convert(shot.At(corner.X-1, corner.Y-1)) != background {
		return nil, errors.New("firefox-esr shows something else than the page")
	}
	return nil, nil
}

const firefoxPrefs = `
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", %[1]s);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", %[1]s);
user_pref("network.proxy.no_proxies_on", "");
user_pref("network.proxy.allow_hijacking_localhost", true);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("app.update.auto", false);
user_pref("browser.region.network.url", "");
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("services.settings.server", "data:,");
user_pref("toolkit.telemetry.enabled", false);
`
