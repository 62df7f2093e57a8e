//go:build bench

package main_test

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// read scans every column of every row and returns the last row. No row at all
// is an error: the floor would be cheaper than it may be.
func read(ctx context.Context, q querier, sql string, args ...any) ([]any, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	row := variables(rows.FieldDescriptions())
	tag, err := pgx.ForEachRow(rows, row, func() error { return nil })
	if err == nil && tag.RowsAffected() == 0 {
		err = fmt.Errorf("no row from %s with %v", sql, args)
	}
	return row, err
}

func variables(columns []pgconn.FieldDescription) []any {
	row := make([]any, len(columns))
	for i, column := range columns {
		row[i] = variable(column.DataTypeOID)
	}
	return row
}

func variable(oid uint32) any {
	switch oid {
	case pgtype.Int8OID:
		return new(pgtype.Int8)
	case pgtype.Int4OID:
		return new(pgtype.Int4)
	case pgtype.BoolOID:
		return new(pgtype.Bool)
	case pgtype.DateOID:
		return new(pgtype.Date)
	case pgtype.TimestamptzOID:
		return new(pgtype.Timestamptz)
	case pgtype.Int8ArrayOID:
		return new([]int64)
	case pgtype.ByteaOID:
		return new([]byte)
	}
	return new(pgtype.Text)
}

// id is a key that was read.
func id(column any) int64 { return column.(*pgtype.Int8).Int64 }
