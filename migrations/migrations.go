// Package migrations embeds the SQL files that make the schema. It holds
// nothing but them; internal/postgres runs them.
package migrations

import "embed"

// Files holds NNNNNN_title.up.sql and .down.sql.
//
//go:embed *.up.sql *.down.sql
var Files embed.FS
