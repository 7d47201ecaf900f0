POST https://api.telnyx.com/v2/calls/v3%3AMdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg/actions/speak

{"payload":"This number cannot be reached from your phone.","voice":"female","language":"en-US","client_state":"YmF1dGEgc2F5","command_id":"8a5758e6b7f72195066a3930a5d89d63"}
