POST https://api.telnyx.com/v2/calls/v3%3AMdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg/actions/transfer

{"to":"+14155550199","from":"+15005550010","timeout_secs":30,"time_limit_secs":3600,"client_state":"YmF1dGEgc2VudA==","target_leg_client_state":"YmF1dGEgbGVnIHYzOk1kSTkxWDRsV0ZFczdJZ2JCRU9UOU00QWlnb1kwOE0wV1daRklTdDFZdzJheFpfSWlFNHBxZw==","command_id":"d2525d28c69c6d398ef9bd2207b4cf07"}
