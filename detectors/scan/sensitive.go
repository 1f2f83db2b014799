package scan

import "strings"

// kind is what a sensitive path would give away.
type kind uint8

const (
	plain      kind = iota // nothing special
	secrets                // keys, passwords, environments
	repository             // the source code
	backup                 // copies and dumps
	traversal              // files and metadata of the machine itself
	internals              // diagnosis that is not for clients
	console                // consoles and scripts of other software
	foreign                // interfaces of other model servers
	kinds
)

// kindNames say in words what is behind a path.
var kindNames = [kinds]string{
	plain: "other paths", secrets: "files with secrets", repository: "the source repository", backup: "backups and dumps",
	traversal: "files or metadata of the machine", internals: "internal diagnosis", console: "consoles of other software",
	foreign: "interfaces of other model servers",
}

// grave are the kinds that hand over secrets or data when they are served.
func (k kind) grave() bool { return k >= secrets && k <= traversal }

// named are the first one or two segments of sensitive paths, in lower case.
// They are what scanners ask for most, by the data files of CrowdSec's hub
// (sensitive_data.txt, backdoors.txt), the paths of Spring Boot's actuator, of
// Go's net/http/pprof and of Envoy's administration, and the documented
// interfaces of Ollama, LM Studio, llama.cpp, KoboldAI, text-generation-webui,
// ComfyUI and Stable Diffusion's web UI.
var named = func() map[string]kind {
	m := map[string]kind{}
	for k, list := range map[kind]string{
		secrets: `config.json config.yml config.yaml config.php configuration.php settings.py credentials credentials.json
			secrets.json secrets.yml secrets.yaml secret.json keys.json id_rsa id_dsa id_ed25519 server.key private.key
			service-account.json serviceaccount.json aws.yml env.js env.json web.config appsettings.json local.settings.json
			parameters.yml database.yml docker-compose.yml terraform.tfstate`,
		backup: `backup backups dump dumps db.sql dump.sql backup.sql database.sql backup.zip www.zip site.zip`,
		internals: `actuator jolokia heapdump threaddump server-status server-info nginx_status config_dump clusters
			debug debug/pprof debug/vars trace telescope _profiler metrics metrics/prometheus stats/prometheus _cat
			_cluster _nodes _search console h2-console elmah.axd trace.axd phpinfo.php info.php v1/agent v1/kv`,
		console: `cgi-bin phpmyadmin pma adminer adminer.php xmlrpc.php wp wordpress drupal joomla typo3 magento solr
			jenkins manager/html host-manager hudson struts boaform gponform hnap1 owa ecp autodiscover vendor telerik.web.ui
			cfide axis2 ws_utc remote/login remote/fgt_lang geoserver nacos druid zabbix cacti setup.php login.action
			portal/redlion sdk dana-na global-protect shell eval-stdin.php alfa.php shell.php c99.php`,
		foreign: `api/tags api/show api/ps api/pull api/create api/copy api/delete api/push api/v0 sdapi/v1 queue/join
			system_stats object_info api/extra props slots v1/internal internal/model_info api/v1/model
			api/experimental invoke_models kobold`,
	} {
		for n := range strings.FieldsSeq(list) {
			m[n] = k
		}
	}
	return m
}()

// lengths has, by the first letter of the names in named, a bit for each length
// that there is: most paths are told apart without a look into the table.
var lengths = func() (l [256]uint64) {
	for n := range named {
		l[n[0]] |= 1 << len(n)
	}
	return l
}()

// endings are those of files that no API has.
var endings = map[string]kind{
	"bak": backup, "old": backup, "orig": backup, "save": backup, "swp": backup, "sql": backup, "sqlite": backup, "db": backup,
	"tar": backup, "tgz": backup, "rar": backup, "7z": backup, "dump": backup, "php": console, "asp": console, "aspx": console,
	"jsp": console, "cgi": console, "pem": secrets, "key": secrets, "pfx": secrets, "p12": secrets, "tfstate": secrets,
	"env": secrets, "htpasswd": secrets,
}

// hidden are names of hidden files and folders; others are secrets too, but for
// /.well-known, which is there for everybody (RFC 8615).
var hidden = map[string]kind{
	".git": repository, ".svn": repository, ".hg": repository, ".bzr": repository, ".github": repository, ".gitignore": repository,
	".ds_store": repository, ".vscode": repository, ".idea": repository, ".well-known": plain,
}

// assets are the endings of what belongs to web pages; a page whose parts are
// missing is no scan.
var assets = map[string]bool{
	"js": true, "mjs": true, "css": true, "map": true, "png": true, "jpg": true, "jpeg": true, "gif": true, "svg": true,
	"ico": true, "webp": true, "avif": true, "woff": true, "woff2": true, "ttf": true, "webmanifest": true, "mp4": true,
}

// browsed are the first segments of pages that browsers and scanners ask for and
// SDKs do not.
var browsed = map[string]bool{
	"index.html": true, "index.htm": true, "index.php": true, "robots.txt": true, "sitemap.xml": true, "favicon.ico": true, "login": true,
	"signin": true, "admin": true, "administrator": true, "dashboard": true, "home": true, "portal": true, "swagger": true,
	"swagger.json": true, "swagger-ui": true, "swagger-ui.html": true, "api-docs": true, "docs": true, "redoc": true, "manager": true,
	"panel": true, "cpanel": true, "test": true, "static": true, "user": true, "account": true, "register.php": true,
}

// maxPath bounds how much of a path is looked at, in bytes.
const maxPath = 128

// classify returns the kind of a path and whether it is a part of a web page.
func classify(path, query string) (k kind, asset bool) {
	if query != "" && reaches(query) {
		return traversal, false
	}
	var room [maxPath]byte
	p := room[:min(len(path), maxPath)]
	dotted := false
	for i := range p {
		c := path[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		dotted = dotted || c == '.' || c == '%'
		p[i] = c
	}
	for len(p) > 0 && p[0] == '/' {
		p = p[1:]
	}
	one, two := len(p), len(p)
	for i, c := range p {
		if c != '/' {
			continue
		}
		if one == len(p) {
			one = i
		} else {
			two = i
			break
		}
	}
	switch string(p[:two]) {
	case "actuator/health", "actuator/info", "actuator/prometheus":
		return plain, false // those are for the operator's own monitor
	}
	for _, end := range [2]int{one, two} {
		if end == 0 || lengths[p[0]]>>min(end, 63)&1 == 0 {
			continue
		}
		if k := named[string(p[:end])]; k != plain {
			return k, false
		}
	}
	if len(p) > 3 && string(p[:3]) == "wp-" {
		return console, false
	}
	if !dotted {
		return plain, false
	}
	return dots(p)
}

// dots classifies a path that has a dot or an escape, in lower case.
func dots(p []byte) (k kind, asset bool) {
	last := 0
	for i := 0; i < len(p); i++ {
		if p[i] == '/' {
			last = i + 1
			continue
		}
		if i != last || p[i] != '.' && p[i] != '%' {
			continue
		}
		end := i
		for end < len(p) && p[end] != '/' {
			end++
		}
		switch name := p[i:end]; {
		case string(name) == "..", len(name) >= 4 && string(name[:2]) == "..", len(name) >= 3 && (string(name[:3]) == "%2e" || string(name[:3]) == "..%"):
			return traversal, false
		case p[i] == '.' && len(name) > 1:
			k, known := hidden[string(name)]
			if !known {
				k = secrets
			}
			return k, false
		}
	}
	for i := len(p) - 1; i > last && len(p)-i <= 12; i-- {
		if p[i] == '.' {
			return endings[string(p[i+1:])], assets[string(p[i+1:])]
		}
	}
	return plain, false
}

// reaches tells that a query asks the server for files or for the metadata of
// the cloud that it runs in.
func reaches(query string) bool {
	return strings.Contains(query, "etc/passwd") || strings.Contains(query, "etc%2Fpasswd") ||
		strings.Contains(query, "meta-data") || strings.Contains(query, "computeMetadata") ||
		strings.Contains(query, "169.254.169.254") || strings.Contains(query, "jndi:") || strings.Contains(query, "file:///")
}
