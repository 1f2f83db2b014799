package main

// The templates: a class, a tab, a text. The classes are where a text stands:
// query is the query string of a request, all others are texts.
const tuning = `
access	<clf> "GET <path> HTTP/1.1" 200 <n> "-" "<agent>"
access	<ip4> - - [<clf>] "POST <path> HTTP/1.1" 200 <n> "-" "<agent>"
access	<ip6> - - [<clf>] "POST <path> HTTP/2.0" 401 <n> "-" "<agent>"
access	<ip4> - <email> [<clf>] "GET /v1/models HTTP/1.1" 200 <n>
access	"GET /users/<email>/keys HTTP/1.1" 404 <n> rt=<float>
access	"GET /v1/files/<object>/content HTTP/1.1" 200 <n> upstream=<ports>
access	[<iso>] "POST <path>?key=⟦api_key:{{google}}⟧ HTTP/1.1" 200 - via_upstream <n>
access	<iso> <pod> request_id=<uuid> status=200 duration=<float> bytes=<order>
access	<iso> trace=<trace> etag=<etag> model=<model> status=429
json	{"level":"info","ts":<ms>,"msg":"request done","request_id":"<uuid>","model":"<model>","tokens":<n>}
json	{"level":"error","user":"<email>","error":"invalid key <key>"}
json	{"client_ip":"<ip4>","latency":<float>,"status":200,"bytes":<order>}
json	{"headers":{"authorization":"<bearer>","user-agent":"<agent>"},"id":"<object>"}
json	{"headers":{"x-api-key":"<secret>","x-request-id":"<uuid>"}}
json	{"payload":"{\"password\":\"<secret>\",\"n\":<n>}"}
json	{"event":"payment","card":"<card>","order":"<order>","at":"<iso>"}
json	{"event":"payout","iban":"<iban>","amount":<float>}
json	{"contact":{"phone":"<phone>","mail":"<email>"},"hash":"<hex64>"}
json	{"resource":"arn:aws:bedrock:us-east-1:111122223333:model/<model>","span":"<hex32>"}
json	{"image":"<image>","size":<n>}
json	{"order_number":"<order>","sku":"<part>","isbn":"<isbn>"}
json	{"device":{"mac":"<mac>","os":"<version4>"},"geo":"<coord>"}
json	{"commit":"<hex40>","build":"<short>","version":"<version>","release":"v<version4>"}
json	{"email_encoded":"<email_encoded>","trace_id":"<hex32>"}
json	{"token_count":<order>,"max_tokens":4096,"prompt_tokens":<n>,"completion_tokens":<n>}
json	{"created":<ms>,"nanos":<ns>,"id":<order>,"cost":<float>}
query	api-version=2024-06-01&limit=<n>&cursor=<ulid>
query	email=<email_encoded>&page=<n>
query	access_token=<secret>&state_id=<uuid>
query	tel=<phone_bare>&lang=de
query	key=⟦parameter:{{random39}}⟧&alt=sse
query	model=<model>&n=<n>&seed=<order>
query	q=hello+world&ts=<ms>&v=<version>
query	card=<card>&exp=12%2F27
query	ids=<order>,<order>,<order>&sort=asc
header	Authorization: <bearer>
header	X-Api-Key: <secret>
header	X-Forwarded-For: <ip4>, <ip4>
header	Cookie: ⟦parameter:session=abc123; theme=dark⟧
header	ETag: <etag>
header	traceparent: <trace>
header	X-Request-Id: <uuid>
header	If-None-Match: "<hex32>"
header	x-ratelimit-remaining-tokens: <order>
header	Server: kong/<version4>-enterprise-edition
error	openai.AuthenticationError: Incorrect API key provided: <key>. You can find your API key at https://platform.example.com
error	litellm.AuthenticationError: AuthenticationError: <cloud> is not valid
error	connect to postgres://⟦parameter:app:s3cret⟧@db.internal:5432/x failed after <float>s
error	dial tcp <ip4>:443: i/o timeout
error	no such user <email> in tenant <uuid>
error	could not verify token <jwt>: expired
error	unexpected status 503 from <pod>, request <object>, retry in <float>s
error	rate limit reached for <model> in organization org-<short> on tokens per min (TPM): Limit 40000, Used <n>
error	secret in log: <random>
error	panic: runtime error: index out of range [<n>] with length <n>; goroutine <n> [running]
error	checksum mismatch: want sha256:<hex64>, got <hex64>
trace	Traceback (most recent call last):\n  File \"/usr/lib/python3.12/site-packages/openai/_base_client.py\", line <n>, in request\nopenai.RateLimitError: 429 for <email>
trace	at Object.(anonymous) (/srv/app/node_modules/axios/lib/core/createError.js:16:15) id=<uuid>
trace	File "/app/main.py", line <n>, in login\n    raise AuthError("bad password for <email>")
trace	key material <pem> was logged
trace	os.environ['OPENAI_API_KEY'] = '<secret>'
prose	please call me at <phone> about order <order>
prose	my card is <card_grouped> and it was declined
prose	Bitte überweisen Sie auf <iban_grouped> bis Freitag
prose	Meine Nummer ist <phone>, Bestellung <order>
prose	contactez-moi à <email> ou au <phone>
prose	escríbeme a <email> cuando puedas, mi DNI es <nif>
prose	the number is <national> as printed
prose	reach me: <email_spoken> any time
prose	donate to <crypto> please
prose	the answer is <float> at <coord> on <iso>
prose	see chapter <n>.<n>, page <n>, ISBN <isbn>
prose	part <part> replaced by part <part>, EAN <ean>
prose	upgrade from <version> to <version4> before <iso>
prose	commit <hex40> fixes <short>, see also <word> and <word>
prose	listen on ports <ports> and the mac prefix <maclike>
prose	certificate fingerprint <fingerprint>
prose	use <word> with <model> on <pod>
prose	git push failed with <cloud> in the remote
cli	tool --password <secret> --verbose
cli	curl -u ⟦parameter:admin:s3cretpw⟧ https://api.example.com/v1
cli	OPENAI_API_KEY=<key> python app.py
cli	export DB_PASSWORD=<secret> && run --port 8080
cli	docker run -p 8080:80 --name <pod> img:<version>
`

const heldout = `
access	<clf> | <path> | 200 | <n>ms | <uuid>
access	remote=<ip4> user=<email> method=POST uri=<path> status=403 ua="<agent>"
access	[<iso>] <ip6> TLSv1.3 POST <path> 200 <n> <float>
access	time=<iso> client=<ip4>:<n> host=api.example.org upstream=<ip4>:8443 status=502
access	"DELETE /admin/members/<email_encoded> HTTP/2.0" 204 0 "<agent>"
access	<pod> <iso> INF completed path=<path> took=<float> trace_id=<hex32> span_id=<short>
access	"POST /v1/threads/<object>/runs HTTP/1.1" 200 <n> "<agent>" sid=⟦parameter:{{random26}}⟧
access	- - [<clf>] "GET /static/app.<short>.js?v=<version4> HTTP/1.1" 304 0 "<etag>"
access	https://api.example.org<path>?api_key=⟦api_key:{{openai_svc}}⟧&stream=true 200
json	{"severity":"WARNING","httpRequest":{"remoteIp":"<ip4>","userAgent":"<agent>","latency":"<float>s"},"insertId":"<short>"}
json	{"end_user":"<email>","spend":<float>,"startTime":"<iso>","api_base":"https://api.example.org"}
json	{"proxy":{"headers":{"Proxy-Authorization":["<bearer>"],"via":"1.1 edge"}}}
json	{"body":"{\"client_secret\": \"<secret>\", \"grant\": \"x\", \"ts\": <ms>}"}
json	{"customer":{"pan":"<card>","ref":"<part>"},"n":<order>}
json	{"bank":"<iban>","bic":"DEUTDEFF","ref":"<order>"}
json	{"message":"SMS to <phone> queued","id":"<ulid>"}
json	{"err":"provider said: invalid x-api-key <key>","code":401,"id":"<object>"}
json	{"kms":{"id":"<cloud>","region":"us-east-1"},"etag":"<hex32>"}
json	{"jwt_payload":"<jwt>","exp":<ms>}
json	{"attributes":{"gen_ai.request.model":"<model>","server.port":443,"gen_ai.usage.input_tokens":<n>},"traceId":"<hex32>","time":<ns>}
json	{"lat_lon":"<coord>","fw":"<version4>","serial":"<part>","ports":[<ports>]}
json	{"avatar":"<image>","updated":"<iso>"}
json	{"digest":"sha256:<hex64>","rev":"<hex40>","tag":"v<version>"}
json	{"note":"nid <national>","status":"open"}
json	{"wifi":"<mac>","rssi":-61,"uptime":<order>}
json	{"wallet":"<crypto>","confirmations":<n>}
json	{"prompt_token_count":<n>,"tokens_per_second":<float>,"budget":<order>,"seed":<order>}
json	{"tool":"<word>","args":{"isbn":"<isbn>","ean":"<ean>"}}
query	start=<ms>&end=<ms>&step=<n>&model=<model>
query	user=<email_encoded>&trace=<uuid>
query	client_secret=<secret>&grant_type=client_credentials
query	phone=<phone_bare>&country=at
query	sig=⟦parameter:{{random43}}⟧&se=2026-12-01&sv=2024-11-04
query	iban=<iban>&amount=<n>
query	after=<object>&limit=<n>&order=desc
query	ids[]=<order>&ids[]=<order>&geo=<coord>
query	build=<hex40>&rel=<version4>&t=<float>
header	authorization=<bearer>
header	api-key: <secret>
header	X-Real-IP: <ip4>
header	Set-Cookie: ⟦parameter:sid=s%3Aabc.def; Path=/; HttpOnly⟧
header	x-goog-api-key: ⟦parameter:{{google}}⟧
header	tracestate: vendor=<hex32>
header	Forwarded: for=<ip4>;proto=https
header	x-request-id: <object>
header	X-Amzn-Trace-Id: Root=1-<hex32>
header	Last-Event-ID: <ulid>
error	anthropic.AuthenticationError: Error code: 401 - invalid x-api-key '<key>'
error	upstream rejected credential "<cloud>" after <n> attempts
error	mongodb+srv://⟦parameter:svc:pa55word⟧@cluster0.example.net/logs: server selection timeout
error	redis://⟦parameter:default:cachepw⟧@cache.internal:6379/0 connection refused
error	Server=tcp:db.example.net,1433;User ID=app;Pwd=<secret>;Encrypt=true
error	lookup <pod> on <ip4>:53: no such host
error	user <email> exceeded quota at <iso> (limit <n>)
error	jwt rejected: <jwt> signature mismatch
error	context deadline exceeded: attempt <n>/<n>, elapsed <float>s, call <object>
error	leaked value <random> found in configuration
error	config: field x_secret=<secret>, field y=<n>
error	hash <hex64> does not match <hex40> for blob <uuid>
error	cannot parse "<version4>" as semver; got <version> from <word>
trace	  at com.example.llm.Gateway.invoke(Gateway.java:<n>)\nCaused by: java.sql.SQLException: user <email> denied
trace	goroutine <n> [select]: main.(*Client).Do(0xc000<short>, {0x<short>, 0x<n>}) id=<hex32>
trace	  File "/opt/llm/auth.py", line <n>, in check\n    ValueError: token <random> unknown
trace	loaded key <pem> from disk
trace	env: {'ANTHROPIC_API_KEY': '<secret>', 'PORT': '8080', 'REV': '<short>'}
prose	Rückruf bitte unter <phone>, Ticket <order>
prose	karta <card_grouped> została odrzucona przy zamówieniu <order>
prose	Il mio conto è <iban_grouped>, grazie
prose	Envoyez la facture à <email>, commande <order>
prose	mijn gegevens: <national>, bedankt
prose	for the form you need <national>, thanks
prose	mail to <email_spoken>; the office opens at 9
prose	tip jar: <crypto> (any amount)
prose	the box measures <version> by <version> and weighs <float>
prose	from <coord> drive to <coord> before <iso>
prose	the book <isbn> replaced <isbn>, item <part>, barcode <ean>
prose	revision <short> of <word>, built from <hex40> with <model>
prose	open ports: <ports>; id prefix <maclike>; thumbprint <fingerprint>
prose	call <word> twice, then restart <pod> with version <version4>
prose	who leaked <key> in the channel? rotate <cloud> too
prose	ask <email> or <email> about invoice <order>
prose	联系方式 <email> 电话 <phone> 谢谢
prose	звоните <phone> или пишите <email>
cli	mysqladmin --password=<secret> -h db status
cli	curl --user ⟦parameter:svc:tok3n-value⟧ -X POST https://api.example.org<path>
cli	HF_TOKEN=<key> huggingface-cli login
cli	helm upgrade gw ./chart --set auth.apiKey=<secret> --version <version>
cli	ssh -p 2222 deploy@build-<short> uptime
`
