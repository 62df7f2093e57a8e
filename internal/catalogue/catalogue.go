// Package catalogue holds the 57 indicators and the demonstration city as
// embedded data, and reads and checks files of both kinds. A framework file
// may be anybody's: it is treated as hostile until every check has passed.
//
// It must not touch the database, the disk, the clock or the network, and it
// decides nothing about entries: it only turns files into the domain's nouns.
package catalogue

import (
	_ "embed" // the two files below

	"learningcity/internal/tracker"
)

// The names under which problems of the embedded files are reported.
const (
	frameworkFile     = "learning-city-57.yaml"
	demonstrationFile = "ha-long.yaml"
)

var (
	//go:embed learning-city-57.yaml
	frameworkData []byte
	//go:embed ha-long.yaml
	demonstrationData []byte
)

// Framework returns this program's own 57 indicators. Besides the checks of
// ReadFramework the file must have the structure that the network publishes.
func Framework() (tracker.Framework, error) {
	return readOwnFramework(frameworkFile, frameworkData)
}

// HaLong returns the embedded demonstration city, checked against
// the program's own framework.
func HaLong() (Demonstration, error) {
	fw, err := Framework()
	if err != nil {
		return Demonstration{}, err
	}
	return ReadDemonstration(demonstrationFile, demonstrationData, fw)
}

// ReadFramework reads a framework file of any city. The name is only used to
// report problems. The error, when there is one, is a *ProblemsError that
// lists every problem found, and the framework is then the zero value. Parts
// are compared with each other only once nothing is missing or of the wrong
// type, so that one slip is not reported ten times.
func ReadFramework(name string, data []byte) (tracker.Framework, error) {
	log := &problemLog{file: name}
	_, fw := readFramework(log, data)
	if err := log.err(); err != nil {
		return tracker.Framework{}, err
	}
	return fw, nil
}

// ReadDemonstration reads a demonstration file whose indicators are those of
// fw. Errors are as for ReadFramework. There is one demonstration city, so its
// published figures are among the checks.
func ReadDemonstration(name string, data []byte, fw tracker.Framework) (Demonstration, error) {
	log := &problemLog{file: name, renamed: renamedInDemonstration}
	d := readDemonstration(log, data, &fw)
	if err := log.err(); err != nil {
		return Demonstration{}, err
	}
	return d, nil
}
