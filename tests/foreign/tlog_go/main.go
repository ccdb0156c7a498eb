// Follows a log from its tiles alone: main ADDRESS KEY. It prints the size and the root that it came to.
//
// Everything is checked by Go's own packages for the checksum database: the signature of the
// checkpoint, each tile against the root, and each entry against its tile.
package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func get(url string) ([]byte, error) {
	answer, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", url, answer.Status, data)
	}
	return data, err
}

// path is where C2SP tlog-tiles has a tile: without the height, and with another word for entries.
func path(tile tlog.Tile) string {
	inner := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
	return "/tile/" + strings.Replace(inner, "data/", "entries/", 1)
}

// reader reads tiles from an address.
type reader struct{ address string }

func (r reader) Height() int { return height }

func (r reader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := get(r.address + path(tile))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (r reader) SaveTiles([]tlog.Tile, [][]byte) {}

// checkpoint is the tree that the log signs.
func checkpoint(address, key string) (tlog.Tree, error) {
	var tree tlog.Tree
	signed, err := get(address + "/checkpoint")
	if err != nil {
		return tree, err
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if lines[0] != verifier.Name() {
		return tree, fmt.Errorf("the origin is %q", lines[0])
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	copy(tree.Hash[:], root)
	return tree, err
}

// entries is the entries of a tile, each without its length.
func entries(data []byte) [][]byte {
	var found [][]byte
	for len(data) >= 2 {
		length := int(data[0])<<8 | int(data[1])
		found = append(found, data[2:2+length])
		data = data[2+length:]
	}
	return found
}

func follow(address, key string) (tlog.Tree, error) {
	tree, err := checkpoint(address, key)
	if err != nil {
		return tree, err
	}
	hashes := tlog.TileHashReader(tree, reader{address})
	for begin := int64(0); begin < tree.N; begin += 1 << height {
		width := tree.N - begin
		if width > 1<<height {
			width = 1 << height
		}
		tile := tlog.Tile{H: height, L: -1, N: begin >> height, W: int(width)}
		data, err := get(address + path(tile))
		if err != nil {
			return tree, err
		}
		var indexes []int64
		for i := int64(0); i < width; i++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, begin+i))
		}
		expected, err := hashes.ReadHashes(indexes)
		if err != nil {
			return tree, err
		}
		found := entries(data)
		if len(found) != len(expected) {
			return tree, fmt.Errorf("%d entries from %d on", len(found), begin)
		}
		for i, entry := range found {
			if tlog.RecordHash(entry) != expected[i] {
				return tree, fmt.Errorf("entry %d is another", begin+int64(i))
			}
		}
	}
	return tree, nil
}

func main() {
	tree, err := follow(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(tree.N, tree.Hash)
}
