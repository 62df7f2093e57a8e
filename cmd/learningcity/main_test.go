package main

import (
	"testing"

	"learningcity/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
