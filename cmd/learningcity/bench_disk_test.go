//go:build bench

package main

// What is measured is on the disk.
const inMemory = false
