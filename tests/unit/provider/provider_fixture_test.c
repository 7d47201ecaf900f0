/* Each provider's requests and our answers, one pair of files a case: tests/provider/NAME/CASE.request
 * and .answer. The request goes through hook, verify and parse, as it is and at the end of a page; the
 * decision of the table below is rendered and compared with the answer byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "page_end.h"
#include "raw_webhook.h"

#define INDIA_SECRET "9f2c5d1e8a7b4c60"

struct fixture {
	const char *provider, *name;
	enum hook hook;
	bool forged;
	const char *call_id;
	/* Voice: what is asked, and the decision to render. */
	uint64_t caller, called;
	bool withheld;
	const char *digits;
	char attestation;
	enum action action;
	/* Status: what is reported. */
	enum call_status status;
	uint32_t seconds;
	bool final_leg, no_news;
};

#define CA(n) "CA0000000000000000000000000000000" n
#define EXOTEL_ID "f8c1aa11bb22cc33dd44ee55ff660001"
#define TELNYX_ID "v3:9X2vxPDFY2RHSJ1EdMS0RHRksMTg7ldNxdjWbVr9zBjbGjGsSe-aiQ"
#define VONAGE_ID "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
#define SESSION_8X8 "a4fad4b3-b388-12ee-b217-2fb8260fcf59"
#define INFOBIP_ID "7cb72e4b-cf9f-40b6-9fc4-79588d18a666"
#define SINCH_ID "822aa4b7-05b4-4d83-87c7-1f835ee0b6f6_257"
#define BANDWIDTH_ID "c-95ac8d6e-1a31c52e-b38f-4198-93c1-51633ec68f8d"
#define ALIBABA_ID "7e34bb6c-ec99-11e8-b18b-af10dc1a7640"
#define HUAWEI_ID "1200_1029_4294967295_20240101000000@callenabler246.huaweicaas.com"
#define UUID(n) "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb3" n
#define A 14155551212
#define STRANGER 12025550155
#define VN 15005550006
#define INDIA_A 919876543210
#define INDIA_STRANGER 919876543299
#define INDIA_VN 918047112233
#define CHINA_A 8612000000001
#define CHINA_STRANGER 8612000000155
#define CHINA_VN 8657100000001

static const struct fixture fixtures[] = {
	{"twilio", "connect", HOOK_VOICE, 0, CA("1"), A, VN, .attestation = 'A', .action = ACTION_CONNECT},
	{"twilio", "connect_by_get", HOOK_VOICE, 0, CA("2"), A, VN, .action = ACTION_CONNECT},
	{"twilio", "connect_second_token", HOOK_VOICE, 0, CA("3"), A, VN, .action = ACTION_CONNECT},
	{"twilio", "connect_without_to", HOOK_VOICE, 0, CA("4"), A, VN, .action = ACTION_CONNECT},
	{"twilio", "forward", HOOK_VOICE, 0, CA("5"), STRANGER, VN, .action = ACTION_FORWARD},
	{"twilio", "reject", HOOK_VOICE, 0, CA("6"), STRANGER, VN, .action = ACTION_REJECT},
	{"twilio", "reject_withheld_word", HOOK_VOICE, 0, CA("7"), 0, VN, true, .action = ACTION_REJECT},
	{"twilio", "reject_withheld_keypad", HOOK_VOICE, 0, CA("8"), 0, VN, true, .action = ACTION_REJECT},
	{"twilio", "reject_not_a_number", HOOK_VOICE, 0, CA("9"), 0, 0, .action = ACTION_REJECT},
	{"twilio", "announce", HOOK_VOICE, 0, CA("a"), STRANGER, VN, .action = ACTION_ANNOUNCE},
	{"twilio", "digits", HOOK_VOICE, 0, CA("b"), STRANGER, VN, .action = ACTION_DIGITS},
	{"twilio", "digits_again", HOOK_VOICE, 0, CA("b"), STRANGER, VN, .digits = "123456",
		.action = ACTION_DIGITS},
	{"twilio", "forged", HOOK_VOICE, .forged = true},
	{"twilio", "status_dial_completed", HOOK_STATUS, 0, CA("1"), .status = CALL_COMPLETED, .seconds = 73,
		.final_leg = true},
	{"twilio", "status_dial_no_answer", HOOK_STATUS, 0, CA("1"), .status = CALL_NO_ANSWER,
		.final_leg = true},
	{"twilio", "status_leg_answered", HOOK_STATUS, 0, CA("1"), .status = CALL_ANSWERED},
	{"twilio", "status_leg_completed", HOOK_STATUS, 0, CA("1"), .status = CALL_COMPLETED, .seconds = 73},
	{"twilio", "status_call_canceled", HOOK_STATUS, 0, CA("1"), .status = CALL_CANCELED},

	{"exotel", "connect", HOOK_VOICE, 0, EXOTEL_ID, INDIA_A, INDIA_VN, .action = ACTION_CONNECT},
	{"exotel", "connect_international", HOOK_VOICE, 0, EXOTEL_ID, INDIA_A, INDIA_VN,
		.action = ACTION_CONNECT},
	{"exotel", "forward", HOOK_VOICE, 0, EXOTEL_ID, INDIA_STRANGER, INDIA_VN, .action = ACTION_FORWARD},
	{"exotel", "reject", HOOK_VOICE, 0, EXOTEL_ID, INDIA_STRANGER, INDIA_VN, .action = ACTION_REJECT},
	{"exotel", "reject_withheld", HOOK_VOICE, 0, EXOTEL_ID, 0, INDIA_VN, true, .action = ACTION_REJECT},
	{"exotel", "announce", HOOK_VOICE, 0, EXOTEL_ID, INDIA_STRANGER, INDIA_VN, .action = ACTION_ANNOUNCE},
	{"exotel", "digits", HOOK_VOICE, 0, EXOTEL_ID, INDIA_STRANGER, INDIA_VN, .action = ACTION_DIGITS},
	{"exotel", "digits_again", HOOK_VOICE, 0, EXOTEL_ID, INDIA_STRANGER, INDIA_VN, .digits = "123456",
		.action = ACTION_DIGITS},
	{"exotel", "forged", HOOK_VOICE, .forged = true},
	{"exotel", "passthru_completed", HOOK_STATUS, 0, EXOTEL_ID, .status = CALL_COMPLETED, .seconds = 73,
		.final_leg = true},
	{"exotel", "passthru_no_answer", HOOK_STATUS, 0, EXOTEL_ID, .status = CALL_NO_ANSWER,
		.final_leg = true},
	{"exotel", "passthru_client_hangup", HOOK_STATUS, 0, EXOTEL_ID, .status = CALL_CANCELED,
		.final_leg = true},
	{"exotel", "status_json", HOOK_STATUS, 0, EXOTEL_ID, .status = CALL_COMPLETED, .seconds = 73},
	{"exotel", "status_form", HOOK_STATUS, 0, EXOTEL_ID, .status = CALL_BUSY},

	{"telnyx", "connect", HOOK_VOICE, 0, TELNYX_ID, A, VN, .attestation = 'A', .action = ACTION_CONNECT},
	{"telnyx", "connect_second_key", HOOK_VOICE, 0, TELNYX_ID, A, VN, .action = ACTION_CONNECT},
	{"telnyx", "forward", HOOK_VOICE, 0, TELNYX_ID, STRANGER, VN, .action = ACTION_FORWARD},
	{"telnyx", "reject", HOOK_VOICE, 0, TELNYX_ID, STRANGER, VN, .action = ACTION_REJECT},
	{"telnyx", "reject_withheld", HOOK_VOICE, 0, TELNYX_ID, 0, VN, true, .action = ACTION_REJECT},
	{"telnyx", "reject_not_a_number", HOOK_VOICE, 0, TELNYX_ID, 0, 0, .action = ACTION_REJECT},
	{"telnyx", "announce", HOOK_VOICE, 0, TELNYX_ID, STRANGER, VN, .action = ACTION_ANNOUNCE},
	{"telnyx", "digits", HOOK_VOICE, 0, TELNYX_ID, STRANGER, VN, .action = ACTION_DIGITS},
	{"telnyx", "digits_again", HOOK_VOICE, 0, TELNYX_ID, STRANGER, VN, .digits = "123456",
		.action = ACTION_DIGITS},
	{"telnyx", "forged", HOOK_VOICE, .forged = true},
	{"telnyx", "forged_other_key", HOOK_VOICE, .forged = true},
	{"telnyx", "forged_old", HOOK_VOICE, .forged = true},
	{"telnyx", "forged_young", HOOK_VOICE, .forged = true},
	{"telnyx", "status_dial_completed", HOOK_STATUS, 0, TELNYX_ID, .status = CALL_COMPLETED, .seconds = 73,
		.final_leg = true},
	{"telnyx", "status_dial_no_answer", HOOK_STATUS, 0, TELNYX_ID, .status = CALL_NO_ANSWER,
		.final_leg = true},
	{"telnyx", "status_leg_answered", HOOK_STATUS, 0, TELNYX_ID, .status = CALL_ANSWERED},
	{"telnyx", "status_leg_completed", HOOK_STATUS, 0, TELNYX_ID, .status = CALL_COMPLETED, .seconds = 73},
	{"telnyx", "status_call_in_progress", HOOK_STATUS, 0, TELNYX_ID, .no_news = true},

	{"vonage", "connect", HOOK_VOICE, 0, VONAGE_ID, A, VN, .action = ACTION_CONNECT},
	{"vonage", "connect_by_get", HOOK_VOICE, 0, VONAGE_ID, A, VN, .action = ACTION_CONNECT},
	{"vonage", "connect_second_secret", HOOK_VOICE, 0, VONAGE_ID, A, VN, .action = ACTION_CONNECT},
	{"vonage", "forward", HOOK_VOICE, 0, VONAGE_ID, STRANGER, VN, .action = ACTION_FORWARD},
	{"vonage", "reject", HOOK_VOICE, 0, VONAGE_ID, STRANGER, VN, .action = ACTION_REJECT},
	{"vonage", "reject_withheld", HOOK_VOICE, 0, VONAGE_ID, 0, VN, true, .action = ACTION_REJECT},
	{"vonage", "reject_without_from", HOOK_VOICE, 0, VONAGE_ID, 0, VN, true, .action = ACTION_REJECT},
	{"vonage", "announce", HOOK_VOICE, 0, VONAGE_ID, STRANGER, VN, .action = ACTION_ANNOUNCE},
	{"vonage", "digits", HOOK_VOICE, 0, VONAGE_ID, STRANGER, VN, .action = ACTION_DIGITS},
	{"vonage", "digits_again", HOOK_VOICE, 0, VONAGE_ID, STRANGER, VN, .digits = "123456",
		.action = ACTION_DIGITS},
	{"vonage", "digits_none", HOOK_VOICE, 0, VONAGE_ID, STRANGER, VN, .digits = "*", .action = ACTION_DIGITS},
	{"vonage", "digits_before_2020", HOOK_VOICE, 0, VONAGE_ID, STRANGER, VN, .digits = "123456",
		.action = ACTION_DIGITS},
	{"vonage", "forged", HOOK_VOICE, .forged = true},
	{"vonage", "forged_body", HOOK_VOICE, .forged = true},
	{"vonage", "forged_query", HOOK_VOICE, .forged = true},
	{"vonage", "forged_old", HOOK_VOICE, .forged = true},
	{"vonage", "forged_young", HOOK_VOICE, .forged = true},
	{"vonage", "forged_expired", HOOK_VOICE, .forged = true},
	{"vonage", "forged_none", HOOK_VOICE, .forged = true},
	{"vonage", "status_leg_answered", HOOK_STATUS, 0, VONAGE_ID, .status = CALL_ANSWERED},
	{"vonage", "status_leg_completed", HOOK_STATUS, 0, VONAGE_ID, .status = CALL_COMPLETED, .seconds = 73},
	{"vonage", "status_leg_unanswered", HOOK_STATUS, 0, VONAGE_ID, .status = CALL_NO_ANSWER},
	{"vonage", "status_leg_record", HOOK_STATUS, 0, VONAGE_ID, .no_news = true},
	{"vonage", "status_own_answered", HOOK_STATUS, 0, NULL, .no_news = true},
	{"vonage", "status_own_by_connect", HOOK_STATUS, 0, VONAGE_ID, .no_news = true},
	{"vonage", "status_error", HOOK_STATUS, 0, NULL, .no_news = true},

	{"bandwidth", "connect", HOOK_VOICE, 0, BANDWIDTH_ID, A, VN, .attestation = 'A',
		.action = ACTION_CONNECT},
	{"bandwidth", "connect_diverted", HOOK_VOICE, 0, BANDWIDTH_ID, A, VN, .action = ACTION_CONNECT},
	{"bandwidth", "connect_second_password", HOOK_VOICE, 0, BANDWIDTH_ID, A, VN,
		.action = ACTION_CONNECT},
	{"bandwidth", "forward", HOOK_VOICE, 0, BANDWIDTH_ID, STRANGER, VN, .action = ACTION_FORWARD},
	{"bandwidth", "reject", HOOK_VOICE, 0, BANDWIDTH_ID, STRANGER, VN, .action = ACTION_REJECT},
	{"bandwidth", "reject_restricted", HOOK_VOICE, 0, BANDWIDTH_ID, 0, VN, true, .action = ACTION_REJECT},
	{"bandwidth", "reject_anonymous", HOOK_VOICE, 0, BANDWIDTH_ID, 0, VN, true, .action = ACTION_REJECT},
	{"bandwidth", "reject_private", HOOK_VOICE, 0, BANDWIDTH_ID, 0, VN, true, .action = ACTION_REJECT},
	{"bandwidth", "reject_unavailable", HOOK_VOICE, 0, BANDWIDTH_ID, 0, VN, true,
		.action = ACTION_REJECT},
	{"bandwidth", "reject_not_a_number", HOOK_VOICE, 0, BANDWIDTH_ID, 0, 0, .action = ACTION_REJECT},
	{"bandwidth", "announce", HOOK_VOICE, 0, BANDWIDTH_ID, STRANGER, VN, .action = ACTION_ANNOUNCE},
	{"bandwidth", "digits", HOOK_VOICE, 0, BANDWIDTH_ID, STRANGER, VN, .action = ACTION_DIGITS},
	{"bandwidth", "digits_again", HOOK_VOICE, 0, BANDWIDTH_ID, STRANGER, VN, .digits = "123456",
		.action = ACTION_DIGITS},
	{"bandwidth", "forged", HOOK_VOICE, .forged = true},
	{"bandwidth", "forged_without", HOOK_VOICE, .forged = true},
	{"bandwidth", "status_leg_completed", HOOK_STATUS, 0, BANDWIDTH_ID, .status = CALL_COMPLETED,
		.seconds = 73},
	{"bandwidth", "status_leg_busy", HOOK_STATUS, 0, BANDWIDTH_ID, .status = CALL_BUSY},
	{"bandwidth", "status_leg_timeout", HOOK_STATUS, 0, BANDWIDTH_ID, .status = CALL_NO_ANSWER},
	{"bandwidth", "status_leg_cancel", HOOK_STATUS, 0, BANDWIDTH_ID, .status = CALL_CANCELED},
	{"bandwidth", "status_call_hangup", HOOK_STATUS, 0, BANDWIDTH_ID, .status = CALL_ASKED},
	{"bandwidth", "status_call_cancel", HOOK_STATUS, 0, BANDWIDTH_ID, .status = CALL_CANCELED},

	{"sinch", "connect", HOOK_VOICE, 0, SINCH_ID, A, VN, .action = ACTION_CONNECT},
	{"sinch", "connect_charset", HOOK_VOICE, 0, SINCH_ID, A, VN, .action = ACTION_CONNECT},
	{"sinch", "forward", HOOK_VOICE, 0, SINCH_ID, STRANGER, VN, .action = ACTION_FORWARD},
	{"sinch", "reject", HOOK_VOICE, 0, SINCH_ID, STRANGER, VN, .action = ACTION_REJECT},
	{"sinch", "reject_private", HOOK_VOICE, 0, SINCH_ID, 0, VN, true, .action = ACTION_REJECT},
	{"sinch", "reject_without_cli", HOOK_VOICE, 0, SINCH_ID, 0, VN, true, .action = ACTION_REJECT},
	{"sinch", "reject_not_a_number", HOOK_VOICE, 0, SINCH_ID, 0, 0, .action = ACTION_REJECT},
	{"sinch", "announce", HOOK_VOICE, 0, SINCH_ID, STRANGER, VN, .action = ACTION_ANNOUNCE},
	{"sinch", "digits", HOOK_VOICE, 0, SINCH_ID, STRANGER, VN, .action = ACTION_DIGITS},
	{"sinch", "forged", HOOK_VOICE, .forged = true},
	{"sinch", "forged_old", HOOK_VOICE, .forged = true},
	{"sinch", "forged_early", HOOK_VOICE, .forged = true},
	{"sinch", "status_answered", HOOK_STATUS, 0, SINCH_ID, .status = CALL_ANSWERED},
	{"sinch", "status_completed", HOOK_STATUS, 0, SINCH_ID, .status = CALL_COMPLETED, .seconds = 73,
		.final_leg = true},
	{"sinch", "status_busy", HOOK_STATUS, 0, SINCH_ID, .status = CALL_BUSY, .final_leg = true},
	{"sinch", "status_no_answer", HOOK_STATUS, 0, SINCH_ID, .status = CALL_NO_ANSWER, .final_leg = true},
	{"sinch", "status_canceled", HOOK_STATUS, 0, SINCH_ID, .status = CALL_CANCELED, .final_leg = true},

	{"infobip", "connect", HOOK_VOICE, 0, INFOBIP_ID, A, VN, .action = ACTION_CONNECT},
	{"infobip", "connect_whole_url", HOOK_VOICE, 0, INFOBIP_ID, A, VN, .action = ACTION_CONNECT},
	{"infobip", "connect_fixed_header", HOOK_VOICE, 0, INFOBIP_ID, A, VN, .action = ACTION_CONNECT},
	{"infobip", "forward", HOOK_VOICE, 0, INFOBIP_ID, STRANGER, VN, .action = ACTION_FORWARD},
	{"infobip", "reject", HOOK_VOICE, 0, INFOBIP_ID, STRANGER, VN, .action = ACTION_REJECT},
	{"infobip", "reject_anonymous", HOOK_VOICE, 0, INFOBIP_ID, 0, VN, true, .action = ACTION_REJECT},
	{"infobip", "reject_not_a_number", HOOK_VOICE, 0, INFOBIP_ID, 0, 0, .action = ACTION_REJECT},
	{"infobip", "announce", HOOK_VOICE, 0, INFOBIP_ID, STRANGER, VN, .action = ACTION_ANNOUNCE},
	{"infobip", "digits", HOOK_VOICE, 0, INFOBIP_ID, STRANGER, VN, .action = ACTION_DIGITS},
	{"infobip", "forged", HOOK_VOICE, .forged = true},
	{"infobip", "forged_without", HOOK_VOICE, .forged = true},
	{"infobip", "status_answered", HOOK_STATUS, 0, INFOBIP_ID, .status = CALL_COMPLETED, .seconds = 73,
		.final_leg = true},
	{"infobip", "status_busy", HOOK_STATUS, 0, INFOBIP_ID, .status = CALL_BUSY, .final_leg = true},
	{"infobip", "status_no_answer", HOOK_STATUS, 0, INFOBIP_ID, .status = CALL_NO_ANSWER,
		.final_leg = true},
	{"infobip", "status_congestion", HOOK_STATUS, 0, INFOBIP_ID, .status = CALL_FAILED,
		.final_leg = true},
	{"infobip", "status_audio", HOOK_STATUS, 0, INFOBIP_ID, .status = CALL_ASKED, .final_leg = true},

	{"8x8", "connect", HOOK_VOICE, 0, SESSION_8X8, A, VN, .action = ACTION_CONNECT},
	{"8x8", "connect_plus", HOOK_VOICE, 0, SESSION_8X8, A, VN, .action = ACTION_CONNECT},
	{"8x8", "forward", HOOK_VOICE, 0, SESSION_8X8, STRANGER, VN, .action = ACTION_FORWARD},
	{"8x8", "reject", HOOK_VOICE, 0, SESSION_8X8, STRANGER, VN, .action = ACTION_REJECT},
	{"8x8", "reject_anonymous", HOOK_VOICE, 0, SESSION_8X8, 0, VN, true, .action = ACTION_REJECT},
	{"8x8", "reject_not_a_number", HOOK_VOICE, 0, SESSION_8X8, 0, 0, .action = ACTION_REJECT},
	{"8x8", "announce", HOOK_VOICE, 0, SESSION_8X8, STRANGER, VN, .action = ACTION_ANNOUNCE},
	{"8x8", "digits", HOOK_VOICE, 0, SESSION_8X8, STRANGER, VN, .action = ACTION_DIGITS},
	{"8x8", "forged", HOOK_VOICE, .forged = true},
	{"8x8", "forged_without", HOOK_VOICE, .forged = true},
	{"8x8", "status_connected", HOOK_STATUS, 0, SESSION_8X8, .status = CALL_ANSWERED},
	{"8x8", "status_completed", HOOK_STATUS, 0, SESSION_8X8, .status = CALL_COMPLETED, .seconds = 73},
	{"8x8", "status_busy", HOOK_STATUS, 0, SESSION_8X8, .status = CALL_BUSY},
	{"8x8", "status_inbound", HOOK_STATUS, 0, SESSION_8X8, .status = CALL_ASKED},
	{"8x8", "status_summary", HOOK_STATUS, 0, SESSION_8X8, .status = CALL_NO_ANSWER, .final_leg = true},
	{"plivo", "connect", HOOK_VOICE, 0, UUID("1"), A, VN, .action = ACTION_CONNECT},
	{"plivo", "connect_by_get", HOOK_VOICE, 0, UUID("2"), A, VN, .action = ACTION_CONNECT},
	{"plivo", "connect_second_token", HOOK_VOICE, 0, UUID("3"), A, VN, .action = ACTION_CONNECT},
	{"plivo", "connect_v2", HOOK_VOICE, 0, UUID("4"), A, VN, .action = ACTION_CONNECT},
	{"plivo", "forward", HOOK_VOICE, 0, UUID("5"), STRANGER, VN, .action = ACTION_FORWARD},
	{"plivo", "reject", HOOK_VOICE, 0, UUID("6"), STRANGER, VN, .action = ACTION_REJECT},
	{"plivo", "reject_withheld", HOOK_VOICE, 0, UUID("7"), 0, VN, true, .action = ACTION_REJECT},
	{"plivo", "reject_sip_caller", HOOK_VOICE, 0, UUID("8"), 0, VN, .action = ACTION_REJECT},
	{"plivo", "announce", HOOK_VOICE, 0, UUID("a"), STRANGER, VN, .action = ACTION_ANNOUNCE},
	{"plivo", "digits", HOOK_VOICE, 0, UUID("b"), STRANGER, VN, .action = ACTION_DIGITS},
	{"plivo", "digits_again", HOOK_VOICE, 0, UUID("b"), STRANGER, VN, .digits = "123456",
		.action = ACTION_DIGITS},
	{"plivo", "forged", HOOK_VOICE, .forged = true},
	{"plivo", "forged_v2_beside_v3", HOOK_VOICE, .forged = true},
	{"plivo", "status_leg_answered", HOOK_STATUS, 0, UUID("1"), .status = CALL_ANSWERED},
	{"plivo", "status_leg_hangup", HOOK_STATUS, 0, UUID("1"), .status = CALL_COMPLETED, .seconds = 73},
	{"plivo", "status_leg_not_answered", HOOK_STATUS, 0, UUID("1"), .status = CALL_CONNECTING},
	{"plivo", "status_dial_completed", HOOK_STATUS, 0, UUID("1"), .status = CALL_ANSWERED, .final_leg = true},
	{"plivo", "status_dial_no_answer", HOOK_STATUS, 0, UUID("1"), .status = CALL_NO_ANSWER, .final_leg = true},
	{"plivo", "status_call_hangup", HOOK_STATUS, 0, UUID("1"), .status = CALL_COMPLETED, .seconds = 80},
	{"plivo", "status_call_canceled", HOOK_STATUS, 0, UUID("1"), .status = CALL_CANCELED},

	{"alibaba", "connect", HOOK_VOICE, 0, ALIBABA_ID, CHINA_A, CHINA_VN, .action = ACTION_CONNECT},
	{"alibaba", "connect_by_post", HOOK_VOICE, 0, ALIBABA_ID, CHINA_A, CHINA_VN, .action = ACTION_CONNECT},
	{"alibaba", "connect_by_form", HOOK_VOICE, 0, ALIBABA_ID, CHINA_A, CHINA_VN, .action = ACTION_CONNECT},
	{"alibaba", "connect_international", HOOK_VOICE, 0, ALIBABA_ID, CHINA_A, CHINA_VN, .action = ACTION_CONNECT},
	{"alibaba", "forward", HOOK_VOICE, 0, ALIBABA_ID, CHINA_STRANGER, CHINA_VN, .action = ACTION_FORWARD},
	{"alibaba", "reject", HOOK_VOICE, 0, ALIBABA_ID, CHINA_STRANGER, CHINA_VN, .action = ACTION_REJECT},
	{"alibaba", "announce", HOOK_VOICE, 0, ALIBABA_ID, CHINA_STRANGER, CHINA_VN, .action = ACTION_ANNOUNCE},
	{"alibaba", "digits", HOOK_VOICE, 0, ALIBABA_ID, CHINA_STRANGER, CHINA_VN, .action = ACTION_DIGITS},
	{"alibaba", "digits_again", HOOK_VOICE, 0, ALIBABA_ID, CHINA_STRANGER, CHINA_VN, .digits = "123456",
		.action = ACTION_DIGITS},
	{"alibaba", "reject_withheld", HOOK_VOICE, 0, ALIBABA_ID, 0, CHINA_VN, true, .action = ACTION_REJECT},
	{"alibaba", "reject_empty", HOOK_VOICE, 0, ALIBABA_ID, 0, CHINA_VN, true, .action = ACTION_REJECT},
	{"alibaba", "reject_not_a_number", HOOK_VOICE, 0, ALIBABA_ID, 0, 0, .action = ACTION_REJECT},
	{"alibaba", "forged", HOOK_VOICE, .forged = true},

	{"huawei", "connect", HOOK_VOICE, 0, HUAWEI_ID, A, VN, .action = ACTION_CONNECT},
	{"huawei", "connect_second_secret", HOOK_VOICE, 0, HUAWEI_ID, A, VN, .action = ACTION_CONNECT},
	{"huawei", "connect_wsse", HOOK_VOICE, 0, HUAWEI_ID, A, VN, .action = ACTION_CONNECT},
	{"huawei", "forward", HOOK_VOICE, 0, HUAWEI_ID, STRANGER, VN, .action = ACTION_FORWARD},
	{"huawei", "reject", HOOK_VOICE, 0, HUAWEI_ID, STRANGER, VN, .action = ACTION_REJECT},
	{"huawei", "reject_withheld", HOOK_VOICE, 0, HUAWEI_ID, 0, VN, true, .action = ACTION_REJECT},
	{"huawei", "reject_without_caller", HOOK_VOICE, 0, HUAWEI_ID, 0, VN, true, .action = ACTION_REJECT},
	{"huawei", "reject_not_a_number", HOOK_VOICE, 0, HUAWEI_ID, 0, 0, .action = ACTION_REJECT},
	{"huawei", "announce", HOOK_VOICE, 0, HUAWEI_ID, STRANGER, VN, .action = ACTION_ANNOUNCE},
	{"huawei", "digits", HOOK_VOICE, 0, HUAWEI_ID, STRANGER, VN, .action = ACTION_DIGITS},
	{"huawei", "forged_path", HOOK_VOICE, .forged = true},
	{"huawei", "forged_secret", HOOK_VOICE, .forged = true},
	{"huawei", "forged_user", HOOK_VOICE, .forged = true},
	{"huawei", "forged_old", HOOK_VOICE, .forged = true},
	{"huawei", "forged_young", HOOK_VOICE, .forged = true},
	{"huawei", "forged_without", HOOK_VOICE, .forged = true},
	{"huawei", "forged_wsse_as_aksk", HOOK_VOICE, .forged = true},
	{"huawei", "status_alerting", HOOK_STATUS, 0, HUAWEI_ID, .status = CALL_CONNECTING},
	{"huawei", "status_answer", HOOK_STATUS, 0, HUAWEI_ID, .status = CALL_ANSWERED},
	{"huawei", "status_answer_to_voice", HOOK_STATUS, 0, HUAWEI_ID, .status = CALL_ANSWERED},
	{"huawei", "status_completed", HOOK_STATUS, 0, HUAWEI_ID, .status = CALL_COMPLETED, .final_leg = true},
	{"huawei", "status_busy", HOOK_STATUS, 0, HUAWEI_ID, .status = CALL_BUSY, .final_leg = true},
	{"huawei", "status_no_answer", HOOK_STATUS, 0, HUAWEI_ID, .status = CALL_NO_ANSWER, .final_leg = true},
	{"huawei", "status_canceled", HOOK_STATUS, 0, HUAWEI_ID, .status = CALL_CANCELED, .final_leg = true},
	{"huawei", "status_failed", HOOK_STATUS, 0, HUAWEI_ID, .status = CALL_FAILED, .final_leg = true},
	{"huawei", "status_fee", HOOK_STATUS, 0, NULL, .no_news = true},

	{"signalwire", "connect", HOOK_VOICE, 0, UUID("1"), A, VN, .attestation = 'A', .action = ACTION_CONNECT},
	{"signalwire", "connect_by_get", HOOK_VOICE, 0, UUID("2"), A, VN, .action = ACTION_CONNECT},
	{"signalwire", "connect_second_key", HOOK_VOICE, 0, UUID("3"), A, VN, .action = ACTION_CONNECT},
	{"signalwire", "connect_signed_whole", HOOK_VOICE, 0, UUID("4"), A, VN, .action = ACTION_CONNECT},
	{"signalwire", "reject", HOOK_VOICE, 0, UUID("6"), STRANGER, VN, .action = ACTION_REJECT},
	{"signalwire", "reject_withheld", HOOK_VOICE, 0, UUID("7"), 0, VN, true, .action = ACTION_REJECT},
	{"signalwire", "forged", HOOK_VOICE, .forged = true},
	{"signalwire", "forged_url_alone", HOOK_VOICE, .forged = true},
	{"signalwire", "status_dial_completed", HOOK_STATUS, 0, UUID("1"), .status = CALL_COMPLETED, .seconds = 73,
		.final_leg = true},
	{"signalwire", "status_leg_answered", HOOK_STATUS, 0, UUID("1"), .status = CALL_ANSWERED},
};

static const struct account twilio_account = {.name = "main", .secret = "12345", .secret_2 = "67890"};
static const struct account plivo_account = {.name = "main", .secret = "12345", .secret_2 = "67890"};
static const struct account signalwire_account = {.name = "main", .secret = "PSK12345", .secret_2 = "PSK67890"};
static const struct account exotel_account = {
	.name = "india", .secret_path = INDIA_SECRET, .dialplan = {'I' << 8 | 'N', 91, "0", "00", 1u << 10}};
/* RFC 8032's first two test keys. */
static const struct account telnyx_account = {.name = "main",
	.secret = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
	.secret_2 = "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="};
static const struct account vonage_account = {
	.name = "main", .secret = "qwertyuiopasdfghjklzxcvbnm123456", .secret_2 = "zxcvbnm0987654321"};

static const struct account bandwidth_account = {
	.name = "us", .api_key = "bauta", .secret = "s3cret:with&colon", .secret_2 = "the-next-one"};
static const struct account sinch_account = {.name = "eu",
	.api_key = "669E367E-6BBA-48AB-AF15-266871C28135",
	.secret = "BeIukql3pTKJ8RGL5zo0DA=="};
static const struct account infobip_account = {.name = "eu",
	.sid = "55ddccad2df62a4b615b7e3c472b2ab6",
	.api_key = "5da086b6a8e4424993646b8699c333ca",
	.secret = "App fixed-secret",
	.audio_url = "https://files.example.com/refused.mp3"};
static const struct account alibaba_account = {
	.name = "cn", .secret_path = INDIA_SECRET, .dialplan = {'C' << 8 | 'N', 86, "0", "00", 1u << 11 | 1u << 10}};
static const struct account huawei_account = {.name = "cn",
	.secret_path = INDIA_SECRET,
	.api_key = "app1",
	.secret = "cfc8secret",
	.secret_2 = "the-next-one"};
static const struct account account_8x8 = {
	.name = "sg", .secret = "Bearer s3cret", .secret_2 = "Bearer the-next-one"};

/* Requests are dated 2024-01-01. */
#define NOW_MS 1704067200000

static const struct side {
	const char *provider;
	const struct account *account;
	const char *hook_base;
	int64_t now_ms; /* 0: NOW_MS */
} sides[] = {
	{"twilio", &twilio_account, RAW_PUBLIC_URL "/hooks/twilio/main/", 0},
	{"exotel", &exotel_account, RAW_PUBLIC_URL "/hooks/exotel/india/" INDIA_SECRET "/", 0},
	{"plivo", &plivo_account, RAW_PUBLIC_URL "/hooks/plivo/main/", 0},
	{"signalwire", &signalwire_account, RAW_PUBLIC_URL "/hooks/signalwire/main/", 0},
	{"telnyx", &telnyx_account, RAW_PUBLIC_URL "/hooks/telnyx/main/", 0},
	{"vonage", &vonage_account, RAW_PUBLIC_URL "/hooks/vonage/main/", 0},
	{"bandwidth", &bandwidth_account, RAW_PUBLIC_URL "/hooks/bandwidth/us/", 0},
	{"infobip", &infobip_account, RAW_PUBLIC_URL "/hooks/infobip/eu/", 0},
	{"alibaba", &alibaba_account, RAW_PUBLIC_URL "/hooks/alibaba/cn/" INDIA_SECRET "/", 0},
	{"huawei", &huawei_account, RAW_PUBLIC_URL "/hooks/huawei/cn/" INDIA_SECRET "/", 0},
	{"8x8", &account_8x8, RAW_PUBLIC_URL "/hooks/8x8/sg/", 0},
	{"sinch", &sinch_account, RAW_PUBLIC_URL "/hooks/sinch/eu/", 1411556381500},
};

static const struct side *side_of(const struct fixture *fixture)
{
	for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++)
		if (strcmp(sides[i].provider, fixture->provider) == 0)
			return &sides[i];
	fail_msg("%s has no account", fixture->provider);
	return NULL;
}

static struct str read_file(const struct fixture *fixture, const char *kind, char *room, size_t size)
{
	char path[256];

	snprintf(path, sizeof path, "tests/provider/%s/%s.%s", fixture->provider, fixture->name, kind);
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("%s is missing", path);
	size_t len = fread(room, 1, size, file);
	fclose(file);
	assert_true(len < size);
	return str_n(room, len);
}

/* Whom to ring and what to show: connected, forwarded. */
static const struct shown {
	const struct account *account; /* NULL: all others */
	uint64_t callee, show, forward_to, vn;
} shown[] = {
	{&exotel_account, 919876543221, 918047112244, 919876543250, INDIA_VN},
	{&alibaba_account, 8612000000002, 8657100000002, 8657100000009, CHINA_VN},
	{NULL, 14155550199, 15005550010, 12025550123, VN},
};

static struct decision decision_of(const struct fixture *fixture, const struct account *account)
{
	struct decision decision = {
		.action = fixture->action, .ring_s = 30, .max_call_s = 3600, .pin_digits = 6};
	const struct shown *here = shown;

	while (here->account && here->account != account)
		here++;
	if (fixture->action == ACTION_CONNECT) {
		decision.callee.e164 = here->callee;
		decision.show.e164 = here->show;
	} else if (fixture->action == ACTION_FORWARD) {
		decision.callee.e164 = here->forward_to;
		decision.show.e164 = here->vn;
	}
	return decision;
}

static void expect_answer(const struct fixture *fixture, struct provider_reply reply, const struct buf *out)
{
	char room[4096], head[64];
	struct str wanted = read_file(fixture, "answer", room, sizeof room);

	assert_true(buf_ok(out));
	snprintf(head, sizeof head, "%d\nContent-Type: %s\n\n", reply.status, reply.content_type);
	assert_true(str_starts(wanted, str_of(head)));
	wanted = str_n(wanted.at + strlen(head), wanted.len - strlen(head));
	assert_int_equal(out->len, wanted.len);
	assert_memory_equal(out->at, wanted.at, wanted.len);
}

static void expect_voice(const struct fixture *fixture, const struct side *side, const struct provider *provider,
	const struct webhook *webhook, struct arena *arena)
{
	const struct account *account = side->account;
	struct decision decision = decision_of(fixture, account);
	struct answer answer = {.decision = &decision,
		.pin_again = fixture->digits != NULL,
		.call_id = str_of(fixture->call_id),
		.hook_base = str_of(side->hook_base)};
	char room[4096];
	struct ask ask;
	struct buf out;

	assert_int_equal(provider->parse_voice(account, webhook, arena, &ask), ERR_OK);
	assert_int_equal(ask.question.caller.e164, fixture->caller);
	assert_int_equal(ask.question.called.e164, fixture->called);
	assert_int_equal(ask.called_is_number, fixture->called != 0);
	assert_int_equal(ask.question.withheld, fixture->withheld);
	assert_int_equal(ask.attestation, fixture->attestation);
	assert_true(str_equal(ask.question.digits, str_of(fixture->digits)));
	assert_true(str_equal(ask.call_id, str_of(fixture->call_id)));
	buf_fixed(&out, room, sizeof room);
	expect_answer(fixture, provider->render(account, &answer, &out), &out);
}

static void expect_status(const struct fixture *fixture, const struct account *account,
	const struct provider *provider, const struct webhook *webhook, struct arena *arena)
{
	char room[4096];
	struct report report;
	struct buf out;

	assert_int_equal(provider->parse_status(account, webhook, arena, &report), ERR_OK);
	assert_true(str_equal(report.call_id, str_of(fixture->call_id)));
	assert_int_equal(report.no_news, fixture->no_news);
	if (!fixture->no_news)
		assert_int_equal(report.status, fixture->status);
	assert_int_equal(report.seconds, fixture->seconds);
	assert_int_equal(report.final_leg, fixture->final_leg);
	buf_fixed(&out, room, sizeof room);
	expect_answer(fixture, provider->render_status(account, &report, &out), &out);
}

/* Body and query each at the end of a page: what is read last decides, so both are tried. */
static void expect_fixture(const struct fixture *fixture)
{
	const struct provider *provider = provider_find(str_of(fixture->provider));
	const struct side *side = side_of(fixture);
	const struct account *account = side->account;
	char room[8192];
	struct raw_webhook raw;
	struct arena arena;

	assert_non_null(provider);
	raw_webhook_read(&raw, read_file(fixture, "request", room, sizeof room));
	struct page_end body = page_end_copy(raw.webhook.body), query = page_end_copy(raw.webhook.query);
	raw.webhook.now_ms = side_of(fixture)->now_ms ? side_of(fixture)->now_ms : NOW_MS;
	raw.webhook.body = body.text;
	raw.webhook.query = query.text;
	arena_init(&arena, 1 << 20);
	assert_int_equal(provider->hook(account, &raw.webhook), fixture->hook);
	assert_int_equal(provider->verify(account, &raw.webhook), !fixture->forged);
	if (!fixture->forged && fixture->hook == HOOK_VOICE)
		expect_voice(fixture, side, provider, &raw.webhook, &arena);
	else if (!fixture->forged)
		expect_status(fixture, account, provider, &raw.webhook, &arena);
	arena_done(&arena);
	page_end_free(&body);
	page_end_free(&query);
}

static void each_request_is_read_and_answered_as_its_files_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
		print_message("# %s/%s\n", fixtures[i].provider, fixtures[i].name);
		expect_fixture(&fixtures[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_is_read_and_answered_as_its_files_say),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
