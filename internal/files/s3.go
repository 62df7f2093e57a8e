package files

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Bucket says where on an S3 server contents are kept. The bucket must exist
// and should not be public: the program never gives its addresses away.
type Bucket struct {
	URL                  *url.URL // scheme and host; https is TLS
	Name                 string
	Region               string
	AccessKey, SecretKey string
}

// s3Tries is how often a request is sent before the server counts as down,
// which takes seconds.
const s3Tries = 3

// insufficientStorage is the HTTP status of a full server.
const insufficientStorage = 507

// folder of the contents in the bucket, which may hold other things.
const folder = "contents/"

// S3 keeps contents in a bucket, one object each. What arrives is first a file
// on the local disk, so that its hash and size are known: it is sent in one
// request, streamed from the file, and the server compares the SHA-256. There
// are no parts in memory, and no unfinished ones in the bucket.
type S3 struct {
	*incoming
	client *minio.Client
	bucket string
}

// OpenS3 takes uploads in dir. It does not ask the server yet; Ready does.
func OpenS3(dir string, at Bucket) (*S3, error) {
	client, err := at.client()
	if err != nil {
		return nil, err
	}
	arriving, err := openIncoming(incomingIn(dir))
	if err != nil {
		return nil, err
	}
	s := &S3{incoming: arriving, client: client, bucket: at.Name}
	s.keep = s.put
	return s, nil
}

func (b Bucket) client() (*minio.Client, error) {
	client, err := minio.New(b.URL.Host, &minio.Options{
		Creds:           credentials.NewStaticV4(b.AccessKey, b.SecretKey, ""),
		Secure:          b.URL.Scheme == "https",
		Region:          b.Region,
		MaxRetries:      s3Tries,
		TrailingHeaders: true, // else checksums are refused
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return client, nil
}

// Ready asks for the bucket, without opening a store.
func (b Bucket) Ready(ctx context.Context) error {
	client, err := b.client()
	if err != nil {
		return err
	}
	return (&S3{client: client, bucket: b.Name}).Ready(ctx)
}

// Close implements Store.
func (s *S3) Close() error { return s.root.Close() }

func key(h Hash) string { return folder + h.String() }

// put is Commit. An object appears whole or not at all.
func (s *S3) put(ctx context.Context, in *Incoming) error {
	s.step("sending")
	_, err := s.client.PutObject(ctx, s.bucket, key(in.hash), io.NewSectionReader(in.file, 0, in.size), in.size, minio.PutObjectOptions{
		ContentType:      "application/octet-stream",
		DisableMultipart: true,
		UserMetadata:     map[string]string{"x-amz-checksum-sha256": base64.StdEncoding.EncodeToString(in.hash[:])},
	})
	if err != nil {
		return remote(ctx, "send", err)
	}
	s.step("kept")
	return nil
}

// s3Content reads an object. The library asks for the range from where it is
// read on.
type s3Content struct {
	ctx    context.Context
	object *minio.Object
	size   int64
	close  func() error
}

func (c *s3Content) Size() int64 { return c.size }

func (c *s3Content) Read(p []byte) (int, error) {
	n, err := c.object.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = remote(c.ctx, "read", err)
	}
	return n, err
}

func (c *s3Content) Seek(offset int64, whence int) (int64, error) {
	at, err := c.object.Seek(offset, whence)
	// The library refuses to stand behind the end, where files may.
	if err != nil && !errors.Is(err, io.EOF) {
		err = remote(c.ctx, "seek", err)
	}
	return at, err
}

func (c *s3Content) Close() error { return c.close() }

// Open implements Store. The content reads as long as ctx lives.
func (s *S3) Open(ctx context.Context, h Hash) (Content, error) {
	object, err := s.client.GetObject(ctx, s.bucket, key(h), minio.GetObjectOptions{})
	if err != nil {
		return nil, remote(ctx, "open", err)
	}
	info, err := object.Stat()
	if err != nil {
		return nil, errors.Join(remote(ctx, "open", err), object.Close())
	}
	// A second Close of the library's object is an error.
	return &s3Content{ctx: ctx, object: object, size: info.Size, close: sync.OnceValue(object.Close)}, nil
}

// Stat implements Store.
func (s *S3) Stat(ctx context.Context, h Hash) (Info, error) {
	info, err := s.client.StatObject(ctx, s.bucket, key(h), minio.StatObjectOptions{})
	if err != nil {
		return Info{}, remote(ctx, "look up", err)
	}
	return Info{Hash: h, Size: info.Size, ModTime: info.LastModified}, nil
}

// Delete implements Store.
func (s *S3) Delete(ctx context.Context, h Hash) error {
	err := remote(ctx, "delete", s.client.RemoveObject(ctx, s.bucket, key(h), minio.RemoveObjectOptions{}))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Each implements Store. One page of the listing is in memory at a time.
func (s *S3) Each(ctx context.Context, visit func(Info) error) error {
	for object := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: folder, Recursive: true}) {
		if object.Err != nil {
			return remote(ctx, "list", object.Err)
		}
		h, err := ParseHash(strings.TrimPrefix(object.Key, folder))
		if err != nil {
			continue // not one of ours
		}
		if err := visit(Info{Hash: h, Size: object.Size, ModTime: object.LastModified}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Ready asks for the bucket.
func (s *S3) Ready(ctx context.Context) error {
	there, err := s.client.BucketExists(ctx, s.bucket)
	if err != nil {
		return remote(ctx, "ask for the bucket", err)
	}
	if !there {
		return fmt.Errorf("%w: there is no bucket %q", ErrUnavailable, s.bucket)
	}
	return nil
}

// remote gives an error of the S3 server, or of the way to it, its meaning.
func remote(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("%s: %w", doing, ended)
	}
	switch answer := minio.ToErrorResponse(err); {
	case answer.Code == minio.NoSuchKey:
		return fmt.Errorf("%s: %w", doing, ErrNotFound)
	case answer.StatusCode == insufficientStorage, strings.Contains(answer.Code, "QuotaExceeded"), strings.Contains(answer.Code, "StorageFull"):
		return fmt.Errorf("%s: %w: %w", doing, ErrFull, err)
	case answer.Code == "BadDigest", answer.Code == "XAmzContentChecksumMismatch":
		return fmt.Errorf("%s: %w: %w", doing, ErrCorrupt, err)
	}
	return fmt.Errorf("%s: %w: %w", doing, ErrUnavailable, err)
}
