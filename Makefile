# Gatehound. `make demo` runs it, `make test` passes the tests; `make help` lists the rest.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
FOR     ?= 60s

# Pinned tools; `go run` fetches and builds them.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOLANGCI    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

.PHONY: build
build: ## build bin/gatehound
	$(GO) build -ldflags '$(LDFLAGS)' -o bin/gatehound ./cmd/gatehound

.PHONY: engine
engine: ## fetch the embedded ClickHouse engine into the user's cache (once)
	@sh storage/embedded/fetch/get.sh

.PHONY: demo
demo: engine build ## run everything in one process with a simulated fleet (FOR=60s)
	./bin/gatehound demo --for $(FOR)

.PHONY: test
test: engine ## run every test that needs no service: unit, conformance, fuzz seeds, race, end to end
	$(GO) vet ./...
	$(GO) test -timeout 20m ./...
	$(GO) test -timeout 20m -race -short ./ingest/... ./detectors/... ./alerting/... ./storage/... ./cmd/internal/pipeline/...

.PHONY: integration
integration: engine ## run the tests against a real Apache Kafka (fetched by Maven, Java 17)
	.ci/kafka/get
	$(GO) test -timeout 20m -tags kafka -run 'Kafka' -v ./ingest/kafka/... ./alerting/notify/kafka/... ./cmd/internal/app/... ./deploy/...

.PHONY: opensearch
opensearch: ## try the Elasticsearch sink on a real OpenSearch (fetched by Maven, Java 17)
	$(GO) test -timeout 20m -tags opensearch -run TestReal -v ./alerting/notify/elasticsearch

.PHONY: bench
bench: engine ## measure the figures of the README
	$(GO) test -run '^$$' -bench 'IngestAndDetect' -benchmem -benchtime 10x ./cmd/internal/app
	$(GO) test -run '^$$' -bench 'Stages|AlertLatency|Memory' -benchtime 1x ./cmd/internal/app
	$(GO) test -run '^$$' -bench . -benchmem -benchtime 300ms ./ingest/... ./detectors/... ./storage/... ./alerting/...

.PHONY: generate
generate: ## make the generated files again
	$(GO) generate ./alerting/... ./detectors/... ./ingest/... ./schemas/...
	$(GO) generate ./cmd/... # after the detectors' list: the sample has their settings

.PHONY: check
check: ## vet, formatting, linters, generated files, known vulnerabilities
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'run gofmt -w on these'; exit 1; }
	$(GO) vet -tags kafka,opensearch ./...
	$(GO) mod verify
	@$(MAKE) -s generate && git diff --exit-code
	$(GO) run $(STATICCHECK) -checks inherit,-ST1005 ./... # errors of the engine begin as ClickHouse's do
	$(GO) run $(GOLANGCI) run
	@out=$$($(GO) run $(GOVULNCHECK) ./... 2>&1) && echo "$$out" || { echo "$$out"; \
	  case "$$out" in *'Vulnerability #'*) exit 1 ;; esac; \
	  echo 'NOT TESTED: govulncheck could not run (are it and its database within reach?)'; \
	  [ -z "$$GATEHOUND_NEED_VULNDB" ]; }

.PHONY: clean
clean: ## remove what was built here
	rm -rf bin dist
