#define FUZZED "twilio"
#define HEADER "X-Twilio-Signature"
#include "fuzz/signed_form.h"
