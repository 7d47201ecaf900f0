POST https://api.telnyx.com/v2/calls/v3%3AMdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg/actions/reject

{"cause":"CALL_REJECTED","command_id":"91b122df9c17362808df3f284441fb57"}
