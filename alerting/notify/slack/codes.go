package slack

import (
	"errors"
	"time"

	slackapi "github.com/slack-go/slack"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// Slack's error codes, from https://docs.slack.dev/reference/methods/chat.postMessage
// and chat.update. What is in none of the sets is retried.
var (
	// permanentCodes are about the token, the channel or the message.
	permanentCodes = set("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
		"no_permission", "missing_scope", "not_allowed_token_type", "access_denied", "org_login_required",
		"ekm_access_denied", "team_access_not_granted", "channel_not_found", "not_in_channel", "is_archived",
		"channel_is_archived", "restricted_action", "restricted_action_read_only_channel",
		"restricted_action_thread_locked", "msg_too_long", "msg_blocks_too_long", "invalid_blocks",
		"invalid_blocks_format", "invalid_arguments", "invalid_arg_name", "invalid_array_arg", "invalid_charset",
		"invalid_form_data", "invalid_post_type", "missing_post_type", "no_text", "metadata_too_large",
		"invalid_metadata_format", "invalid_metadata_schema", "method_deprecated", "deprecated_endpoint",
		"enterprise_is_restricted", "two_factor_setup_required", "cant_broadcast_message")
	// busyCodes ask to come back later.
	busyCodes = set("ratelimited", "rate_limited", "message_limit_exceeded")
	// goneCodes tell that the message to edit is not there.
	goneCodes = set("message_not_found", "thread_not_found")
	// fixedCodes tell that the message may no longer be edited.
	fixedCodes = set("edit_window_closed", "cant_update_message")
	// passingCodes are Slack's own troubles.
	passingCodes = set("internal_error", "fatal_error", "service_unavailable", "request_timeout", "accesslimited",
		"team_added_to_org", "duplicate_message_not_found")
)

func set(codes ...string) map[string]bool {
	m := make(map[string]bool, len(codes))
	for _, c := range codes {
		m[c] = true
	}
	return m
}

// busyWait is how long to wait when Slack is busy and does not say how long.
const busyWait = 30 * time.Second

// classify turns slack-go's errors into the manager's.
func classify(err error) error {
	if err == nil {
		return nil
	}
	var answer slackapi.SlackErrorResponse
	if !errors.As(err, &answer) {
		return outbound.Classify(err, func(status int) bool {
			// An incoming webhook answers 400, 403, 404 and 410 to what it will
			// never take (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
			return status == 400 || status == 401 || status == 403 || status == 404 || status == 410
		})
	}
	code := answer.Err
	switch {
	case permanentCodes[code]:
		return alerting.Permanent(errors.New("slack: " + code))
	case busyCodes[code]:
		return alerting.After(errors.New("slack: "+code), busyWait)
	case goneCodes[code], passingCodes[code]:
		return errors.New("slack: " + code)
	}
	return errors.New("slack: an error code that is not known")
}
