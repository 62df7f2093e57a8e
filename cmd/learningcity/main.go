// Command learningcity is the whole program. Each command of it is one file.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // time zones, also on machines that have none

	"learningcity/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "learningcity:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

const usage = `Usage: learningcity <command>

  serve     serve the pages. Without DATABASE_URL it starts a PostgreSQL of its
            own and, the first time, loads the demonstration city. With
            DATABASE_URL it expects a migrated database; serve -migrate migrates it.
  migrate   bring the schema and the indicators of DATABASE_URL up to date
  demo      load the demonstration city into DATABASE_URL, which must be empty
  create-admin -email … -name …
            make an account that looks after the installation; asks for its
            password, or reads it from an input that is no terminal
  reset-second-step ADDRESS
            take the second step at sign-in from somebody who has lost it
  doctor    check the configuration, the database, the data directory and the
            clock, and say what to do about each finding
  audit     verify [-head FILE]: find what was changed, removed or inserted in
            the record of acts; head: write the newest seal, to keep elsewhere;
            accept-head [-yes]: go on after an older backup was restored
  backup    FILE: write the database and the files of evidence into one file, also
            while the program runs; - is standard output
  restore   [-check] FILE: read a backup, compare all its sums, and fill an empty
            installation with it; -check only reads; - is standard input
  files     copy: copy the files of evidence from the data directory into the bucket
            of the LEARNINGCITY_S3_… settings; it may run again
  health    tell whether the program on this machine is ready (exit status)

The environment configures it; the README lists the variables.
`

var errUsage = errors.New("unknown command; learningcity help lists them")

// run carries out one command.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	command, rest := "help", args
	if len(args) > 0 {
		command, rest = args[0], args[1:]
	}
	if command == "doctor" { // which has something to say about a configuration that cannot be read
		return doctor(ctx, stdout)
	}
	commands := map[string]func(context.Context, config.Config, []string, io.Writer, io.Writer) error{
		"serve": serve, "migrate": migrate, "demo": demo, "audit": audit, "health": health, "create-admin": createAdmin,
		"reset-second-step": resetSecondStep, "backup": backUp, "restore": restore, "files": copyFiles,
	}
	if command == "help" || command == "-h" || command == "--help" {
		_, err := io.WriteString(stdout, usage)
		return err
	}
	do, known := commands[command]
	if !known {
		return fmt.Errorf("%q: %w", command, errUsage)
	}
	c, err := config.FromEnvironment()
	if err != nil {
		return fmt.Errorf("the configuration has problems:\n%w", err)
	}
	return do(ctx, c, rest, stdout, stderr)
}
