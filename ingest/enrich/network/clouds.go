package network

// clouds are autonomous systems that only serve machines: clouds and hosting
// companies where a client with an API key is a program, not a person's line.
// Numbers as these companies are known by on 2026-11-22, checked in part against
// public lists of their systems; the registries have the last word. Networks that also carry people are
// left out: 13335 (Cloudflare, with its WARP), 15169 (Google's own, with its
// VPN), 8075 stays although Microsoft's offices use it.
var clouds = [...]uint32{
	16509, 14618, 8987, // Amazon
	396982,       // Google Cloud
	8075,         // Microsoft
	31898,        // Oracle
	45102, 37963, // Alibaba
	132203, 45090, // Tencent
	136907, 55990, // Huawei Cloud
	36351,                 // IBM Cloud, once SoftLayer
	14061,                 // DigitalOcean
	63949,                 // Akamai, once Linode
	20473,                 // Vultr
	16276,                 // OVH
	24940, 213230, 212317, // Hetzner
	12876,         // Scaleway
	51167, 141995, // Contabo
	60781, 28753, // Leaseweb
	8560, 51862, // IONOS
	197540,           // netcup
	9009,             // M247
	36352,            // ColoCrossing
	396356,           // Latitude.sh
	7684, 9370, 9371, // Sakura
}
