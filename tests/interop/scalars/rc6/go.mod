module tapehead.test/scalars/rc6

go 1.24

require (
	go.yaml.in/yaml/v4 v4.0.0-rc.6
	tapehead.test/scalars/oracle v0.0.0
)

replace tapehead.test/scalars/oracle => ../oracle
