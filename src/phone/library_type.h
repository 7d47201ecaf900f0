/* library_type: the library's words for a region and a type of number, and ours. C++ alone. */
#ifndef PHONE_LIBRARY_TYPE_H
#define PHONE_LIBRARY_TYPE_H

#include <stdint.h>

#include <string>

#include <phonenumbers/phonenumberutil.h>

/* "GB" -> 'G' << 8 | 'B'; 0 for "001", the region of international networks, and "ZZ", that of nobody. */
inline uint16_t library_country(const std::string &region)
{
	if (region.size() != 2 || region == "ZZ")
		return 0;
	return static_cast<uint16_t>(static_cast<uint8_t>(region[0]) << 8 | static_cast<uint8_t>(region[1]));
}

/* Of enum region_kind and its two neighbours (phone/region.h). */
inline i18n::phonenumbers::PhoneNumberUtil::PhoneNumberType library_type(int type)
{
	using i18n::phonenumbers::PhoneNumberUtil;
	static const PhoneNumberUtil::PhoneNumberType types[] = {PhoneNumberUtil::UNKNOWN, PhoneNumberUtil::PREMIUM_RATE,
		PhoneNumberUtil::TOLL_FREE, PhoneNumberUtil::SHARED_COST, PhoneNumberUtil::VOIP,
		PhoneNumberUtil::PERSONAL_NUMBER, PhoneNumberUtil::PAGER, PhoneNumberUtil::UAN, PhoneNumberUtil::VOICEMAIL,
		PhoneNumberUtil::FIXED_LINE, PhoneNumberUtil::MOBILE, PhoneNumberUtil::FIXED_LINE_OR_MOBILE,
		PhoneNumberUtil::UNKNOWN};
	return types[type];
}

#endif
