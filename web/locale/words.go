// Package words holds what people read: one JSON file of messages for each
// language, in one list of keys.
//
// It must not contain code that reads, checks or formats messages; that is
// internal/locale.
package words

import "embed"

// Files holds vi.json and en.json.
//
//go:embed vi.json en.json
var Files embed.FS
