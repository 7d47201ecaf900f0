/* world.h on the metadata of libphonenumber. That the library's answers follow from the metadata in this way is what
 * its phonenumberutil.cc does (GetRegionCodeForNumber, GetNumberType, IsPossibleNumberWithReason, Parse); the tests
 * hold both against each other for every region. */
#include <stdio.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <phonenumbers/phonemetadata.pb.h>
#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

extern "C" {
#include "phone/region.h"
#include "phone/world.h"
}
#include "phone/library_type.h"

namespace i18n
{
namespace phonenumbers
{
/* The library exports them and installs no header for them. Where a build of it doesn't, they are NULL. */
const void *metadata_get() __attribute__((weak));
int metadata_size() __attribute__((weak));
} // namespace phonenumbers
} // namespace i18n

using i18n::phonenumbers::NumberFormat;
using i18n::phonenumbers::PhoneMetadata;
using i18n::phonenumbers::PhoneMetadataCollection;
using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberDesc;
using i18n::phonenumbers::PhoneNumberUtil;

namespace
{

const int CODES_END = 1000; /* calling codes have three digits at most */
const size_t CODE_DIGITS_MAX = 3;
const int DESCS = REGION_KINDS;

/* In the order of enum region_kind. */
std::vector<const PhoneNumberDesc *> descs_of(const PhoneMetadata &metadata)
{
	return {&metadata.general_desc(), &metadata.premium_rate(), &metadata.toll_free(), &metadata.shared_cost(),
		&metadata.voip(), &metadata.personal_number(), &metadata.pager(), &metadata.uan(), &metadata.voicemail(),
		&metadata.fixed_line(), &metadata.mobile()};
}

template <typename Lengths> uint32_t bits_of(const Lengths &lengths)
{
	uint32_t bits = 0;
	for (int length : lengths)
		if (length >= 0 && length < 32) /* -1: no such numbers */
			bits |= 1u << length;
	return bits;
}

const char *text_or_none(const std::string &text)
{
	return text.empty() ? nullptr : text.c_str();
}

/* Lengths that a format's pattern takes, if it consists of `(\d{n,m})` alone: then how it cuts a number depends on
 * the number's length and on nothing else. 0: it is written otherwise. */
uint32_t format_lengths(const std::string &pattern)
{
	size_t least = 0, most = 0;
	for (size_t at = 0; at < pattern.size();) {
		int n = 1, m = 1, used = 0;
		const char *text = pattern.c_str() + at;
		if (sscanf(text, "(\\d{%d,%d})%n", &n, &m, &used) == 2 && used)
			;
		else if (sscanf(text, "(\\d{%d})%n", &n, &used) == 1 && used)
			m = n;
		else if (pattern.compare(at, 4, "(\\d)") == 0)
			used = 4;
		if (used == 0 || n < 0 || m < n || m > 20)
			return 0;
		at += static_cast<size_t>(used);
		least += static_cast<size_t>(n);
		most += static_cast<size_t>(m);
	}
	uint32_t bits = 0;
	for (size_t length = least; length <= most && length < 32; length++)
		bits |= 1u << length;
	return bits;
}

bool formats_take(const PhoneMetadata &metadata, struct region_source *source)
{
	const auto &formats =
		metadata.intl_number_format_size() ? metadata.intl_number_format() : metadata.number_format();
	for (const NumberFormat &format : formats) {
		if (source->formats_n == REGION_FORMATS_MAX)
			return false;
		auto &out = source->formats[source->formats_n++];
		int leading = format.leading_digits_pattern_size();
		out.leading_digits = leading ? format.leading_digits_pattern(leading - 1).c_str() : nullptr;
		out.lengths = format_lengths(format.pattern());
		if (out.lengths == 0)
			return false;
	}
	return true;
}

struct region_freed {
	void operator()(struct region *region) const
	{
		region_free(region);
	}
};

/* One region, of those with its calling code. The main one also tells what the library's parser takes off, which
 * lengths are possible and how numbers are written, for all of them. */
struct neighbour {
	const PhoneMetadata *metadata;
	uint16_t country;
	std::unique_ptr<struct region, region_freed> region;
};

std::unique_ptr<struct region, region_freed> compile(const PhoneMetadata &metadata, bool is_main)
{
	struct region_source source = {};
	auto descs = descs_of(metadata);
	for (int kind = 0; kind < DESCS; kind++) {
		source.kinds[kind].pattern = text_or_none(descs[kind]->national_number_pattern());
		source.kinds[kind].lengths =
			descs[kind]->possible_length_size() ? bits_of(descs[kind]->possible_length()) : ~0u;
	}
	source.fixed_is_mobile = metadata.same_mobile_and_fixed_line_pattern();
	source.leading_digits = text_or_none(metadata.leading_digits());
	if (is_main) {
		source.national_prefix = text_or_none(metadata.national_prefix_for_parsing());
		if (!formats_take(metadata, &source))
			return nullptr;
	}
	return std::unique_ptr<struct region, region_freed>(region_new(&source));
}

/* Regions that share a calling code. */
class zone
{
	std::vector<neighbour> regions_;
	uint32_t possible_ = 0; /* bit n: n digits are */
	std::vector<uint8_t> areas_;

	uint8_t *area(size_t neighbour, const struct region_reading &main, int type, const char *national, size_t len)
	{
		size_t formats = static_cast<size_t>(regions_[0].region->formats_n) + 1;
		size_t at = neighbour * formats + static_cast<size_t>(main.format);
		at = (at * REGION_TYPES + static_cast<size_t>(type)) * (REGION_DIGITS_MAX + 1) + len;
		return &areas_[at * 2 + (national[0] == '0')]; /* a leading zero is a thing apart to the library */
	}

	bool is_as_the_library(int code)
	{
		for (const neighbour &one : regions_)
			for (const PhoneNumberDesc *desc : descs_of(*one.metadata))
				if (desc->has_example_number() && !agrees(code, desc->example_number()))
					return false;
		return true;
	}

	bool agrees(int code, const std::string &national)
	{
		const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
		struct world_reading reading = {};
		if (national.size() > REGION_DIGITS_MAX || !read(national.c_str(), national.size(), &reading))
			return true; /* left to the library */
		PhoneNumber number;
		std::string region, back;
		if (util.Parse("+" + std::to_string(code) + national, "ZZ", &number) != PhoneNumberUtil::NO_PARSING_ERROR)
			return false;
		util.GetRegionCodeForNumber(number, &region);
		util.GetNationalSignificantNumber(number, &back);
		return back == national && library_country(region) == reading.country &&
		       util.GetNumberType(number) == library_type(reading.type);
	}

public:
	/* The main region first. Regions that can't be told as the library tells them: none is kept. */
	zone(int code, const std::vector<const PhoneMetadata *> &sources)
	{
		for (const PhoneMetadata *metadata : sources) {
			neighbour one = {metadata, library_country(metadata->id()), compile(*metadata, metadata == sources[0])};
			if (!one.region) {
				regions_.clear();
				return;
			}
			regions_.push_back(std::move(one));
		}
		const PhoneNumberDesc &general = sources[0]->general_desc();
		possible_ = bits_of(general.possible_length()) & ~bits_of(general.possible_length_local_only());
		size_t formats = static_cast<size_t>(regions_[0].region->formats_n) + 1;
		areas_.resize(regions_.size() * formats * REGION_TYPES * (REGION_DIGITS_MAX + 1) * 2);
		if (!is_as_the_library(code))
			regions_.clear();
	}

	bool read(const char *national, size_t len, struct world_reading *ret_reading)
	{
		if (regions_.empty() || !(possible_ >> len & 1))
			return false;
		struct region_reading main = region_read(regions_[0].region.get(), national, len), own = main;
		if (main.prefixed)
			return false;
		size_t at = 0;
		/* Regions of one calling code: the first that says it is its own. */
		for (; regions_.size() > 1 && at < regions_.size(); at++) {
			const struct region *region = regions_[at].region.get();
			if (at > 0)
				own = region_read(region, national, len);
			if (region->has_leading_digits ? own.leads : own.type != REGION_UNKNOWN)
				break;
		}
		if (at == regions_.size() || own.type == REGION_UNKNOWN)
			return false;
		ret_reading->type = own.type;
		ret_reading->country = regions_[at].country;
		ret_reading->national = national;
		ret_reading->national_len = len;
		ret_reading->area = area(at, main, own.type, national, len);
		return true;
	}
};

class world
{
	PhoneMetadataCollection metadata_;
	std::vector<const PhoneMetadata *> sources_[CODES_END]; /* in the library's order */
	std::atomic<zone *> zones_[CODES_END] = {};
	std::mutex mutex_;

public:
	world()
	{
		using namespace i18n::phonenumbers;
		if (!metadata_get || !metadata_size || !metadata_.ParseFromArray(metadata_get(), metadata_size()))
			return;
		for (const PhoneMetadata &metadata : metadata_.metadata()) {
			int code = metadata.country_code();
			if (code <= 0 || code >= CODES_END || metadata.id() == "ZZ")
				continue;
			auto &sources = sources_[code];
			sources.insert(metadata.main_country_for_code() ? sources.begin() : sources.end(), &metadata);
		}
	}

	bool known(int code) const
	{
		return !sources_[code].empty();
	}

	/* Of a known code. Kept as long as the process. */
	zone *at(int code)
	{
		zone *made = zones_[code].load(std::memory_order_acquire);
		if (made)
			return made;
		std::lock_guard<std::mutex> guard(mutex_);
		made = zones_[code].load(std::memory_order_relaxed);
		if (!made) {
			made = new zone(code, sources_[code]);
			zones_[code].store(made, std::memory_order_release);
		}
		return made;
	}
};

} // namespace

extern "C" bool world_read(const char *digits, size_t len, struct world_reading *ret_reading)
{
	static world *all = new world; /* never freed: threads may ask until the end */
	int code = 0;

	for (size_t n = 0; n < CODE_DIGITS_MAX && n < len; n++) {
		code = code * 10 + (digits[n] - '0');
		if (code == 0)
			return false;
		if (!all->known(code))
			continue;
		size_t national_len = len - n - 1;
		ret_reading->calling_code = code;
		return national_len > 0 && national_len <= REGION_DIGITS_MAX &&
		       all->at(code)->read(digits + n + 1, national_len, ret_reading);
	}
	return false;
}
