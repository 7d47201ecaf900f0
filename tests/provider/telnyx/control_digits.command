POST https://api.telnyx.com/v2/calls/v3%3AMdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg/actions/answer

{"client_state":"YmF1dGEgYXNrIDYgQQ==","command_id":"39ad5d946a70ad702beed22b9ec917d4"}
