package keyfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

const (
	readSize = 64 << 10
	// maxLook bounds what one look reads, and how far from its end a file is
	// begun: older secrets than these would fall out of the store anyway.
	maxLook = 64 << 20
	// maxLine bounds a line; no secret is on one that is longer.
	maxLine = 4 << 10
	// sampleSize is how much of what was read last is compared, to notice that a
	// file was written anew. It is most of a line, and no two lines are alike.
	sampleSize = 128
)

// ErrNotRegular says that the path is of something that cannot be followed, such
// as a directory or a pipe.
var ErrNotRegular = errors.New("not a regular file")

// tail is a file's end, of which a part may have been read.
type tail struct {
	path   string
	file   *os.File
	offset int64     // up to where the file was read
	sample []byte    // what is before offset
	seen   time.Time // when the file had last been changed
	part   []byte    // the line that has not ended yet
	skip   bool      // up to the next line's beginning nothing counts
	buf    []byte
}

// read gives whole lines that are new to add. A file that does not exist has none.
func (t *tail) read(add func([]byte)) error {
	if t.file == nil {
		if err := t.open(); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return fmt.Errorf("keyfile: %w", err)
		}
	}
	if err := t.drain(add); err != nil {
		t.close()
		return fmt.Errorf("keyfile: %w", err)
	}
	old, err := t.file.Stat()
	if err != nil {
		t.close()
		return nil // it is opened again next time
	}
	now, err := os.Stat(t.path)
	if err != nil || os.SameFile(old, now) {
		return nil // if it is gone, another will come
	}
	// Replaced: what the old one had got before that counts, too.
	if err := t.drain(add); err != nil {
		return fmt.Errorf("keyfile: %w", err)
	}
	t.close()
	if err := t.open(); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return fmt.Errorf("keyfile: %w", err)
	}
	return t.drain(add)
}

func (t *tail) open() error {
	info, err := os.Stat(t.path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() { // to open a pipe could wait for ever
		return &fs.PathError{Op: "open", Path: t.path, Err: ErrNotRegular}
	}
	file, err := os.Open(t.path)
	if err != nil {
		return err
	}
	if t.rewind(); info.Size() > maxLook {
		t.offset, t.skip = info.Size()-maxLook, true
	}
	t.file = file
	return nil
}

func (t *tail) close() {
	if t.file != nil {
		t.file.Close()
		t.file = nil
	}
}

// rewind forgets what was read.
func (t *tail) rewind() {
	t.offset, t.skip, t.seen = 0, false, time.Time{}
	t.sample, t.part = t.sample[:0], t.part[:0]
}

// drain reads what the open file has got since the last time.
func (t *tail) drain(add func([]byte)) error {
	info, err := t.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() == t.offset && info.ModTime().Equal(t.seen) {
		return nil
	}
	if info.Size() < t.offset || !t.grown() {
		t.rewind()
	}
	t.seen = info.ModTime()
	if t.buf == nil {
		t.buf = make([]byte, readSize)
	}
	for read := 0; read < maxLook; {
		n, err := t.file.ReadAt(t.buf, t.offset)
		if n > 0 {
			t.take(t.buf[:n], add)
			read += n
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// grown reports whether the file still has, in its place, what was read last:
// else it was emptied and written anew.
func (t *tail) grown() bool {
	b := make([]byte, len(t.sample))
	n, _ := t.file.ReadAt(b, t.offset-int64(len(b)))
	return n == len(b) && bytes.Equal(b, t.sample)
}

// take gives the whole lines of part and b to add, and keeps the rest.
func (t *tail) take(b []byte, add func([]byte)) {
	t.offset += int64(len(b))
	t.sample = append(t.sample, b[max(0, len(b)-sampleSize):]...)
	t.sample = append(t.sample[:0], t.sample[max(0, len(t.sample)-sampleSize):]...)
	end := bytes.LastIndexByte(b, '\n') + 1
	if end > 0 {
		whole := b[:end]
		if t.skip {
			whole = whole[bytes.IndexByte(whole, '\n')+1:]
		} else if len(t.part) > 0 {
			first := bytes.IndexByte(whole, '\n') + 1
			add(append(t.part, whole[:first]...))
			whole = whole[first:]
		}
		add(whole)
		t.part, t.skip = t.part[:0], false
	}
	if t.skip {
		return
	}
	if t.part = append(t.part, b[end:]...); len(t.part) > maxLine {
		t.part, t.skip = t.part[:0], true
	}
}
