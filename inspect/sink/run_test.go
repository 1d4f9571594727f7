package sink

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect"
)

var dataRow = regexp.MustCompile(`(?m)^ *(\d+|…)  (\w+) +(\w+) +Application Data \(([\d,]+) records?, ([\d,]+) B\)`)

// told sums up what the rows of a direction tell of.
func told(out, from, to string) (rows, records, length int) {
	number := func(s string) int {
		n, _ := strconv.Atoi(strings.ReplaceAll(s, ",", ""))
		return n
	}
	for _, m := range dataRow.FindAllStringSubmatch(out, -1) {
		if m[2] == from && m[3] == to {
			rows++
			records += number(m[4])
			length += number(m[5])
		}
	}
	return rows, records, length
}

// TestTransfer: a long transfer is told of once a second, its data are shown
// once, and its bytes add up, while the client keeps it going.
func TestTransfer(t *testing.T) {
	const chunks, size = 50, 1 << 20
	chunk := strings.Repeat("0123456789abcdef", size/16)
	f := newFlow(t, 1, "example.com:443")
	f.alpn = "h2"
	request := string(hx("000001 01 05 00000001 82"))
	update := string(hx("000004 08 00 00000000 00000001"))
	f.row(inspect.LegClient, client).data(request, 1)
	f.row(inspect.LegServer, proxy).data(request, 1)
	data := string([]byte{0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1}) // one DATA frame, for ever
	for range chunks {
		f.row(inspect.LegServer, server).data(data+chunk, 64)
		f.row(inspect.LegClient, proxy).data(data+chunk, 65)
		f.row(inspect.LegClient, client).data(update, 1)
		f.wait(100 * time.Millisecond)
		data = ""
	}
	out := show(t, Style{Width: width(140)}, f.close(inspect.CauseOK).events...)
	for _, c := range []struct {
		from, to string
		records  int
	}{{"server", "proxy", 64 * chunks}, {"proxy", "client", 65 * chunks}} {
		rows, records, length := told(out, c.from, c.to)
		if rows < 4 || rows > 10 {
			t.Errorf("%s to %s: %d rows for five seconds", c.from, c.to, rows)
		}
		if records != c.records || length != 9+chunks*size {
			t.Errorf("%s to %s: %d records of %d B told, %d of %d passed", c.from, c.to, records, length, c.records, 9+chunks*size)
		}
	}
	if n := strings.Count(out, "│ DATA stream 1"); n != 1 {
		t.Errorf("the data are shown %d times:\n%s", n, out)
	}
	if !strings.Contains(out, "same bytes as row 3") || !strings.Contains(out, "continues row 3") {
		t.Errorf("the legs are not paired:\n%s", out)
	}
}

// TestSmallMessages: what comes in small messages is shown one by one.
func TestSmallMessages(t *testing.T) {
	f := newFlow(t, 1, "example.com:443")
	f.row(inspect.LegClient, client).data("subscribe\n", 1)
	for i := range 20 {
		f.row(inspect.LegClient, proxy).data("tick "+strconv.Itoa(i)+"\n", 1).wait(300 * time.Millisecond)
	}
	out := show(t, Style{}, f.events...)
	for i := range 20 {
		if !strings.Contains(out, "tick "+strconv.Itoa(i)+"\n") {
			t.Errorf("message %d is missing in\n%s", i, out)
		}
	}
}

// TestFloodOfSmallMessages: too many of them are summed up, and none is lost.
func TestFloodOfSmallMessages(t *testing.T) {
	f := newFlow(t, 1, "example.com:443")
	f.row(inspect.LegClient, client).data("subscribe\n", 1)
	for range 2000 {
		f.row(inspect.LegClient, proxy).data("tick\n", 1)
	}
	var out bytes.Buffer
	table := NewTable(&out, Style{})
	if err := table.Write(f.events); err != nil {
		t.Fatal(err)
	}
	if pending, err := table.Flush(f.at.Add(2 * time.Second)); pending || err != nil {
		t.Errorf("pending %v, %v", pending, err)
	}
	rows, records, _ := told(out.String(), "proxy", "client")
	if rows > 120 || records != 2000 {
		t.Errorf("%d rows for %d messages", rows, records)
	}
}

// TestRequestsAreShown: with every request the transfer begins anew.
func TestRequestsAreShown(t *testing.T) {
	f := newFlow(t, 1, "example.com:443")
	for i := range 5 {
		f.row(inspect.LegClient, client).data("GET /"+strconv.Itoa(i)+" HTTP/1.1\r\n\r\n", 1)
		f.row(inspect.LegClient, proxy).data("HTTP/1.1 200 OK\r\n\r\nanswer "+strconv.Itoa(i)+strings.Repeat(".", 5000), 2)
	}
	out := show(t, Style{}, f.events...)
	for i := range 5 {
		if !strings.Contains(out, "answer "+strconv.Itoa(i)) {
			t.Errorf("answer %d is missing in\n%s", i, out)
		}
	}
}
