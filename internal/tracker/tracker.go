// Package tracker is the domain: the nouns of a learning city's
// self-assessment, the acts that move an entry, who may do them, and how the
// score is counted. Everything in it is a pure function or plain data.
//
// It must not do I/O, read a clock, hold a context, or import any other
// package of this program.
package tracker
