package shape

import "strings"

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// technical are names in paths that are written and do not look it.
var technical = set(`k8s p2p b2b b2c i18n l10n a11y e2e s3 ec2 h264 h265 base64 base32 sha1 sha256 sha512 md5 x509 ipv4 ipv6 utf8
	oauth2 http2 iso8601 rfc3339 graphql xmlrpc jsonrpc grpc rhythms strengths webhook webhooks pgvector mysql postgresql nginx
	kubernetes openapi swagger kafka rabbitmq mqtt ftp sftp https smtp jwks saml oidc pprof txt2img img2img pdf2txt`)

// collections are words behind which stands the name of one thing, with the
// number of segments that name it.
var collections = func() map[string]int {
	m := map[string]int{"repos": 2, "repositories": 2}
	for w := range set(`users people members customers accounts tenants orgs organizations organisations teams projects workspaces
		namespaces groups buckets tags categories topics models deployments collections indexes indices tables databases schemas
		queues channels packages products articles posts profiles countries cities regions zones agents bots apps applications
		datasets spaces calendars clusters nodes pods hosts environments stores shops brands vendors partners sites domains
		campaigns playlists artists albums authors books courses events tickets documents folders runs jobs tasks sessions`) {
		m[w] = 1
	}
	return m
}()

// fixed are what stands behind a collection and is no name: actions, and parts
// of the collection as a whole.
var fixed = set(`me self current all list search find query filter count total new create add edit update delete remove bulk batch
	upload download import export copy move merge validate verify check preview sync refresh reset restore archive publish
	login logout signin signout signup register activate deactivate enable disable invite invitations confirm approve reject
	cancel close open start stop pause resume retry run runs status state health stats statistics metrics usage summary report
	reports recent latest upcoming popular trending public private shared default-settings settings preferences config
	configuration permissions roles keys tokens events logs history audit metadata schema types categories tags members groups
	users by-id by-name by-email lookup autocomplete suggest suggestions recommendations feed index items entries password
	password-reset forgot-password notifications webhooks subscribe unsubscribe stream subscriptions templates`)

// languages are codes of ISO 639-1 that sites use as a segment, less those that
// are also English words or names of their own ("ai", "id", "is", "it", "my").
var languages = set(`en de fr es pt ru zh ja ko nl pl tr sv da fi nb cs sk uk vi th ar he hu ro el bg hr sl sr lt lv et fa hi bn ur`)
