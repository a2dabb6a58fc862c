module tapehead.test/scalars/v3

go 1.24

require (
	gopkg.in/yaml.v3 v3.0.1
	tapehead.test/scalars/oracle v0.0.0
)

replace tapehead.test/scalars/oracle => ../oracle
