POST https://api.telnyx.com/v2/calls/v3%3AMdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg/actions/reject

{"cause":"CALL_REJECTED","command_id":"a3e0667909a8a7c3cae9b9664fc746d4"}
