package schemas

import "time"

// Campaign is what a finding says about principals that work together.
type Campaign struct {
	// ID names the campaign for as long as it goes on: "c-" and 12 hexadecimal
	// digits. It is the name of the finding's entity too.
	ID string `json:"id"`
	// Score is the sum of evidence, in natural logarithms of how much likelier
	// what is seen is of one hand than of unrelated callers.
	Score float64 `json:"score"`
	// First and Last are the times of the members' first and last known calls.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Size is how many members there are, Joined how many of them joined since
	// the last finding about the campaign.
	Size   int `json:"size"`
	Joined int `json:"joined"`
	// Exchanges, InputTokens and OutputTokens are what the members took since
	// First, Today how many exchanges of it in the last 24 hours, all without those
	// that are KnownBefore. Tokens are 0 if the logs do not state them.
	Exchanges    int64 `json:"exchanges"`
	Today        int64 `json:"today"`
	InputTokens  int64 `json:"input_tokens"`
	OutputTokens int64 `json:"output_tokens"`
	// Links are what holds the members together, the strongest first.
	Links []Link `json:"links"`
	// Members are all members, those who took most first, but those that are
	// KnownBefore last, at most MaxMembers.
	// They go into the store; what is sent elsewhere has the first of them in
	// Named.
	Members []Member `json:"-"`
	// Named are the principals that took most, at most 20, and none that is
	// KnownBefore.
	Named []string `json:"named"`
}

// MaxMembers bounds the members that a finding names. The largest campaign known
// had some 25,000 accounts.
const MaxMembers = 65_536

// MaxNamed bounds Named.
const MaxNamed = 20

// Link is a trait that the members of a campaign share.
type Link struct {
	// Kind is a stable snake_case identifier, such as "network", "template" or
	// "lengths".
	Kind string `json:"kind"`
	// Members is how many members share it, Others how many other principals.
	Members int `json:"members"`
	Others  int `json:"others"`
	// Weight is the share of the links' evidence that it carries, from 0 to 1.
	Weight float64 `json:"weight"`
	// Text says it in words that a person on call understands.
	Text string `json:"text"`
}

// Member is a principal of a campaign.
type Member struct {
	// Principal is its name as policy lets it be shown.
	Principal string `json:"principal"`
	// First and Last are the times of its first and last known calls.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Exchanges, InputTokens and OutputTokens are what it took since First.
	Exchanges    int64 `json:"exchanges"`
	InputTokens  int64 `json:"input_tokens"`
	OutputTokens int64 `json:"output_tokens"`
	// Likeness is how alike it is to the campaign, from 0 to 1.
	Likeness float64 `json:"likeness"`
	// Links are the kinds of links that it shares, and KnownBefore.
	Links []string `json:"links"`
}

// KnownBefore stands among the links of a member who called long before the keys
// that the campaign began with: rather a customer who is imitated, or whose key was
// stolen, than one of the keys that were made for it.
const KnownBefore = "known_before"
