// Package pgserver runs a private PostgreSQL: the database of a machine that
// has none yet, and the one the tests use.
//
// The server is a child process that listens on a Unix socket only, in a
// directory that nobody else may enter, and it ends with the program, even
// when the program is killed. Start serves a lasting data directory;
// OpenTemplate serves a throw-away copy of a prepared one, for tests.
//
// The package must not read the environment (package config does, and passes
// what it found in Options), must not know the tables of the product, and must
// never delete, empty or overwrite a data directory that holds data.
package pgserver
