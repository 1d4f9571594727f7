package config

import (
	"encoding"
	"reflect"
	"strconv"
)

// setText gives a field that holds one value the value that text stands for.
func setText(dst reflect.Value, text string) error {
	if u, ok := dst.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch dst.Kind() {
	case reflect.Bool:
		if text != "true" && text != "false" {
			return wrongBool(text)
		}
		dst.SetBool(text == "true")
	case reflect.Int:
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return wrongInt(text)
		}
		dst.SetInt(n)
	default:
		panic("config: no way to set a " + dst.Type().String())
	}
	return nil
}

// setTexts gives a field what a flag or a variable says: the last text where it
// holds one value, a list of them all where it holds a list.
func setTexts(dst reflect.Value, texts []string) error {
	if dst.Kind() != reflect.Slice {
		return setText(dst, texts[len(texts)-1])
	}
	list := reflect.MakeSlice(dst.Type(), len(texts), len(texts))
	for i, text := range texts {
		if err := setText(list.Index(i), text); err != nil {
			return err
		}
	}
	dst.Set(list)
	return nil
}

// Fields calls yield with the path and value of every field of c that holds a
// value, in the order of the declarations.
func Fields(c *Config, yield func(path string, v reflect.Value)) {
	eachField(reflect.ValueOf(c).Elem(), "", yield)
}

func eachField(v reflect.Value, prefix string, yield func(string, reflect.Value)) {
	for i := range v.NumField() {
		path := prefix + v.Type().Field(i).Tag.Get("yaml")
		if v.Field(i).Kind() == reflect.Struct {
			eachField(v.Field(i), path+".", yield)
			continue
		}
		yield(path, v.Field(i))
	}
}

// field finds a field by its path.
func field(c *Config, path string) (found reflect.Value) {
	Fields(c, func(p string, v reflect.Value) {
		if p == path {
			found = v
		}
	})
	return found
}
