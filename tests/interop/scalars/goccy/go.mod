module tapehead.test/scalars/goccy

go 1.24

require (
	github.com/goccy/go-yaml v1.18.0
	tapehead.test/scalars/oracle v0.0.0
)

replace tapehead.test/scalars/oracle => ../oracle
