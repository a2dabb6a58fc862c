module tapehead.invalid/govcr_reference

go 1.24

require (
	go.yaml.in/yaml/v4 v4.0.0-rc.2
	gopkg.in/dnaeon/go-vcr.v4 v4.0.6-0.20250923044825-7b4892dd3117
)
