/* phone.h on Google's libphonenumber: C++, as world.cc is. No exception leaves them: what the library
 * throws is bad_alloc alone. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <new>
#include <string>

#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>
#include <phonenumbers/shortnumberinfo.h>

extern "C" {
#include "phone/fold.h"
#include "phone/phone.h"
#include "phone/world.h"
}
#include "phone/library_type.h"

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;
using i18n::phonenumbers::ShortNumberInfo;

namespace
{

const int NSN_DIGITS_MAX = 14; /* of 15 with a one-digit calling code */

const PhoneNumberUtil &util()
{
	return *PhoneNumberUtil::GetInstance();
}

const ShortNumberInfo &shorts()
{
	static const ShortNumberInfo info;
	return info;
}

/* "ZZ", the library's word for "none", for 0: then only international forms can be read. */
std::string region_of(uint16_t country)
{
	if (country == 0)
		return "ZZ";
	return {static_cast<char>(country >> 8), static_cast<char>(country & 0xff)};
}

/* Long enough and not too long, and dialled in full: "5551234" within a city is not. */
bool possible(const PhoneNumber &number)
{
	return util().IsPossibleNumberWithReason(number) == PhoneNumberUtil::IS_POSSIBLE;
}

/* As long as somebody's line may be there. Toll-free and service numbers have other lengths. */
bool possible_line(const PhoneNumber &number)
{
	static const PhoneNumberUtil::PhoneNumberType types[] = {
		PhoneNumberUtil::FIXED_LINE_OR_MOBILE, PhoneNumberUtil::VOIP};
	for (PhoneNumberUtil::PhoneNumberType type : types)
		if (util().IsPossibleNumberForTypeWithReason(number, type) == PhoneNumberUtil::IS_POSSIBLE)
			return true;
	return false;
}

bool parse(const std::string &digits, const std::string &region, PhoneNumber *ret_number)
{
	PhoneNumber number;
	if (util().Parse(digits, region, &number) != PhoneNumberUtil::NO_PARSING_ERROR || !possible(number))
		return false;
	ret_number->CopyFrom(number);
	return true;
}

/* A number as the library holds it, and its type, which takes the library several microseconds to tell. */
struct known {
	PhoneNumber number;
	PhoneNumberUtil::PhoneNumberType type;
};

/* "00" begins an international number for anybody, also where the network wants another prefix. */
bool parse_any(const std::string &digits, const std::string &region, PhoneNumber *ret_number)
{
	if (parse(digits, region, ret_number))
		return true;
	return digits.size() > 2 && digits.compare(0, 2, "00") == 0 && digits[2] != '0' &&
	       parse("+" + digits.substr(2), region, ret_number);
}

bool parse_known(const std::string &digits, const std::string &region, struct known *ret_known)
{
	if (!parse_any(digits, region, &ret_known->number) || ret_known->number.has_extension())
		return false;
	ret_known->type = util().GetNumberType(ret_known->number);
	return true;
}

/* Reads the canonical text again until it stays as it is: what the library has passed over once before a number (Mexico's
 * old 1) it may pass over twice, and one person must have one number. */
bool settle(struct known *known)
{
	std::string before, after;
	for (int i = 0; i < 3; i++) {
		struct known again;
		util().Format(known->number, PhoneNumberUtil::E164, &before);
		struct world_reading stands;
		if (world_read(before.c_str() + 1, before.size() - 1, &stands))
			return true;
		if (!parse_known(before, "ZZ", &again))
			return false;
		util().Format(again.number, PhoneNumberUtil::E164, &after);
		*known = again;
		if (before == after)
			return true;
	}
	return false;
}

std::string region_of_number(const PhoneNumber &number)
{
	std::string region;
	util().GetRegionCodeForNumber(number, &region);
	if (region == "ZZ")
		util().GetRegionCodeForCountryCode(number.country_code(), &region);
	return region;
}

/* How many digits of the national number name an area. Indonesia's mobile codes name an operator, though
 * the library counts them as areas. */
int area_digits(const struct known &known)
{
	const int north_america = 1, indonesia = 62;
	int code = known.number.country_code();
	if (!util().IsNumberGeographical(known.type, code) ||
		(code == indonesia && known.type == PhoneNumberUtil::MOBILE))
		return 0;
	return code == north_america ? 3 : util().GetLengthOfGeographicalAreaCode(known.number);
}

/* `national`: digits, of which the first `digits` name the area. */
uint32_t area_of(struct str national, int digits, int calling_code)
{
	std::string token;
	uint64_t area;

	if (digits <= 0 || static_cast<size_t>(digits) > national.len)
		return 0;
	national.len = static_cast<size_t>(digits);
	/* Argentina's mobiles have their area behind a 9 that is no part of it. */
	util().GetCountryMobileToken(calling_code, &token);
	if (national.len >= token.size() && memcmp(national.at, token.data(), token.size()) == 0)
		national = str_n(national.at + token.size(), national.len - token.size());
	return str_u64(national, &area) && area <= UINT32_MAX ? static_cast<uint32_t>(area) : 0;
}

/* +87x and +88x but for Bangladesh (880) and Taiwan (886), and +979, the international premium rate. */
bool is_international_network(int code)
{
	return (code >= 870 && code <= 889 && code != 880 && code != 886) || code == 979;
}

/* Costs whoever rings it more than a call, or rings no person. Toll-free and "universal access" numbers
 * are fine: a clinic's desk may have one. */
bool is_refused_type(PhoneNumberUtil::PhoneNumberType type)
{
	switch (type) {
	case PhoneNumberUtil::PREMIUM_RATE:
	case PhoneNumberUtil::SHARED_COST:
	case PhoneNumberUtil::PERSONAL_NUMBER: /* UK 070 and its like: priced as premium */
	case PhoneNumberUtil::PAGER:
	case PhoneNumberUtil::VOICEMAIL:
		return true;
	default:
		return false;
	}
}

/* A number of no known range that begins as its country's premium numbers do: taken for one, for the
 * library's tables are older than the newest premium range. */
bool begins_as_refused(const std::string &national, const std::string &region)
{
	static const PhoneNumberUtil::PhoneNumberType types[] = {PhoneNumberUtil::PREMIUM_RATE,
		PhoneNumberUtil::SHARED_COST, PhoneNumberUtil::PERSONAL_NUMBER};
	for (PhoneNumberUtil::PhoneNumberType type : types) {
		PhoneNumber example;
		std::string text;
		if (!util().GetExampleNumberForType(region, type, &example))
			continue;
		util().GetNationalSignificantNumber(example, &text);
		if (text.size() >= 3 && national.compare(0, 3, text, 0, 3) == 0)
			return true;
	}
	return false;
}

enum err check_known(int calling_code, PhoneNumberUtil::PhoneNumberType type)
{
	return is_international_network(calling_code) || is_refused_type(type) ? ERR_DESTINATION_NOT_ALLOWED : ERR_OK;
}

enum err check_party(const struct known &known, const std::string &region)
{
	const PhoneNumber &number = known.number;
	enum err err = check_known(number.country_code(), known.type);
	if (err || known.type != PhoneNumberUtil::UNKNOWN)
		return err;
	/* Possible, but of no range in use: fictitious, new, or something that only looks like a number. */
	std::string national, trunk;
	util().GetNationalSignificantNumber(number, &national);
	util().GetNddPrefixForRegion(region, true, &trunk);
	if (begins_as_refused(national, region))
		return ERR_DESTINATION_NOT_ALLOWED;
	if (!possible_line(number) || (trunk == "0" && national[0] == '0') ||
		shorts().ConnectsToEmergencyNumber(national, region) ||
		shorts().IsValidShortNumberForRegion(number, region))
		return ERR_BAD_NUMBER;
	return ERR_OK;
}

/* Any text, by the library itself. */
enum err parse_by_library(const std::string &digits, const std::string &region, bool party, struct phone *ret_phone)
{
	struct known known;
	if (!parse_known(digits, region, &known) || !settle(&known))
		return ERR_BAD_NUMBER;

	std::string home = region_of_number(known.number), e164, national;
	enum err err = party ? check_party(known, home) : ERR_OK;
	if (err)
		return err;
	struct phone phone;
	util().Format(known.number, PhoneNumberUtil::E164, &e164);
	err = number_parse(str_n(e164.data(), e164.size()), &phone.number);
	if (err)
		return err;
	util().GetNationalSignificantNumber(known.number, &national);
	phone.place.country = library_country(home);
	phone.place.area = area_of(
		str_n(national.data(), national.size()), area_digits(known), known.number.country_code());
	*ret_phone = phone;
	return ERR_OK;
}

/* How many digits name the area of a number that was read: the library is asked once for all of its kind. */
int area_digits_read(const char *digits, const struct world_reading &reading)
{
	uint8_t plus_one = __atomic_load_n(reading.area, __ATOMIC_RELAXED);
	if (plus_one == 0) {
		struct known known;
		known.type = library_type(reading.type);
		bool parsed = util().Parse(digits, "ZZ", &known.number) == PhoneNumberUtil::NO_PARSING_ERROR;
		plus_one = static_cast<uint8_t>(1 + (parsed ? area_digits(known) : 0));
		__atomic_store_n(reading.area, plus_one, __ATOMIC_RELAXED);
	}
	return plus_one - 1;
}

enum err parse_text(struct str text, uint16_t country, bool party, struct phone *ret_phone)
{
	char digits[FOLD_SIZE];
	struct phone phone;
	struct world_reading reading;
	enum err err = phone_fold(text, digits);
	if (err)
		return err;

	if (number_parse(str_of(digits), &phone.number) == ERR_OK && world_read(digits + 1, strlen(digits + 1), &reading)) {
		if (party && (err = check_known(reading.calling_code, library_type(reading.type))))
			return err;
		struct str national = str_n(reading.national, reading.national_len);
		phone.place.country = reading.country;
		phone.place.area = area_of(national, area_digits_read(digits, reading), reading.calling_code);
		*ret_phone = phone;
		return ERR_OK;
	}
	std::string region = region_of(country);
	if (digits[0] != '+' && shorts().IsEmergencyNumber(digits, region))
		return ERR_BAD_NUMBER;
	return parse_by_library(digits, region, party, ret_phone);
}

/* What is dialled before a calling code, read off an example: the library shows it in no other way. Where
 * several carriers' prefixes are in use it shows "+"; providers then send the common "00". */
std::string international_prefix(const std::string &region)
{
	PhoneNumber abroad;
	std::string text;
	if (!util().GetExampleNumber(region == "CH" ? "FR" : "CH", &abroad))
		return "00";
	util().FormatOutOfCountryCallingNumber(abroad, region, &text);
	std::string prefix = text.substr(0, text.find(' '));
	return prefix.find_first_not_of("0123456789") == std::string::npos ? prefix : "00";
}

/* Bit n: a line may have n digits. With the lengths of service numbers too, the calling code of India could
 * not be told from a number's own digits. */
uint32_t national_lengths(int calling_code)
{
	uint32_t lengths = 0;
	uint64_t digits = 2;
	for (int n = 2; n <= NSN_DIGITS_MAX; n++) {
		digits = digits * 10 + 2;
		PhoneNumber number;
		number.set_country_code(calling_code);
		number.set_national_number(digits);
		if (possible_line(number))
			lengths |= 1u << n;
	}
	return lengths;
}

/* "8.12": the library has no call for it; its file's name says it. */
std::string library_version()
{
	Dl_info info;
	if (!dladdr(reinterpret_cast<void *>(&PhoneNumberUtil::GetInstance), &info) || !info.dli_fname)
		return "unknown";
	char *path = realpath(info.dli_fname, nullptr);
	std::string name = path ? path : info.dli_fname;
	free(path);
	const std::string mark = "libphonenumber.so.";
	size_t at = name.rfind(mark);
	return at == std::string::npos ? "unknown" : name.substr(at + mark.size());
}

} // namespace

static enum err parse_or_throw_none(struct str text, uint16_t country, bool party, struct phone *ret_phone)
{
	try {
		return parse_text(text, country, party, ret_phone);
	} catch (const std::bad_alloc &) {
		return ERR_OVERLOADED;
	}
}

extern "C" enum err phone_parse(struct str text, uint16_t country, struct phone *ret_phone)
{
	return parse_or_throw_none(text, country, true, ret_phone);
}

extern "C" enum err phone_parse_vn(struct str text, uint16_t country, struct phone *ret_phone)
{
	return parse_or_throw_none(text, country, false, ret_phone);
}

extern "C" bool phone_country_known(uint16_t country)
{
	return country != 0 && util().GetCountryCodeForRegion(region_of(country)) != 0;
}

extern "C" enum err phone_dialplan(uint16_t country, struct dialplan *ret_plan)
{
	if (!phone_country_known(country))
		return ERR_NOT_FOUND;

	std::string region = region_of(country), prefix;
	struct dialplan plan = {};
	plan.country = country;
	plan.calling_code = static_cast<uint16_t>(util().GetCountryCodeForRegion(region));
	util().GetNddPrefixForRegion(region, true, &prefix);
	std::string abroad = international_prefix(region);
	/* A longer prefix than fits names a carrier; numbers with it are not sent by providers. */
	if (prefix.size() < sizeof plan.national_prefix)
		memcpy(plan.national_prefix, prefix.c_str(), prefix.size() + 1);
	if (abroad.size() < sizeof plan.international_prefix)
		memcpy(plan.international_prefix, abroad.c_str(), abroad.size() + 1);
	plan.lengths = national_lengths(plan.calling_code);
	*ret_plan = plan;
	return ERR_OK;
}

extern "C" const char *phone_library_version(void)
{
	static const std::string version = library_version();
	return version.c_str();
}
