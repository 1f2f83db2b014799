package gateway

// Price is what a model costs, in dollars for a million tokens.
type Price struct {
	Model         string
	Input, Output float64
}

// Prices are those of the fleet's models: of the magnitude that providers list,
// but made up. The first is that of models without one.
var Prices = []Price{
	{"", 2.5, 10},
	{"gpt-4o-mini", 0.15, 0.6},
	{"gpt-4o", 2.5, 10},
	{"gpt-4.1", 2, 8},
	{"gpt-4.1-mini", 0.4, 1.6},
	{"gpt-3.5-turbo", 0.5, 1.5},
	{"o1-pro", 150, 600},
	{"claude-sonnet-4-5", 3, 15},
	{"claude-opus-4-1", 15, 75},
	{"text-embedding-3-small", 0.02, 0},
	{"text-embedding-3-large", 0.13, 0},
	{"claude-haiku-4-5", 1, 5},
	{"gemini-2.5-pro", 1.25, 10},
	{"gemini-2.5-flash", 0.3, 2.5},
	{"mistral-large-2411", 2, 6},
	{"o4-mini", 1.1, 4.4},
	{"gpt-6", 4, 20},
}

// PriceOf returns the price of a model.
func PriceOf(model string) Price {
	for _, p := range Prices {
		if p.Model == model {
			return p
		}
	}
	return Prices[0]
}
