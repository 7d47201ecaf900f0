POST https://api.telnyx.com/v2/calls/v3%3AMdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg/actions/gather_using_speak

{"client_state":"YmF1dGEgYXNrIDYgQQ==","payload":"That code is not right. Please try again, then press the hash key.","voice":"female","language":"en-US","minimum_digits":1,"maximum_digits":6,"maximum_tries":1,"timeout_millis":10000,"inter_digit_timeout_millis":10000,"terminating_digit":"#","valid_digits":"0123456789","command_id":"9078f122c2e62c7a6eca664e4ea287ff"}
