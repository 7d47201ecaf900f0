POST https://api.telnyx.com/v2/calls/v3%3AMdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg/actions/answer

{"client_state":"YmF1dGEgc2F5","command_id":"4b6ab5fcaf53b9f645bce9437a58c27a"}
