//go:build !bench

package main

const inMemory = true
