// Package config turns flags, environment variables and a YAML file into one
// checked set of settings.
//
//	s, err := config.Load(config.Input{
//		Options:   config.Options(),
//		Flags:     map[string][]string{"listen": {"127.0.0.1:3128"}, "config": {"config.yaml"}},
//		LookupEnv: os.LookupEnv,
//	})
//	if err != nil {
//		return err // every problem at once, each with the place it comes from
//	}
//	listen(s.Listen, s.Source("listen"))
//
// It reads the file that it is told to read and nothing else, and it opens no
// socket: whether an address can be bound or a directory written is for the
// program to find out.
//
// Promises: a flag wins over the environment, the environment over the file,
// the file over the default. Nothing unknown, misspelt, doubled or of the wrong
// kind is passed over. Every complaint names where the value came from.
package config
