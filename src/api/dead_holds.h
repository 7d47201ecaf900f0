/* dead_holds: does a dead letter's payload hold a person's number, however it is written there: with country code, behind
 * 00, in national form, with marks between the digits, in digits of other scripts (dead_text.h)?
 *
 * The number's last DEAD_HOLDS_DIGITS digits decide (those behind the country code, where they are fewer), anywhere in a
 * run of digits: national forms differ at their beginning. So another number that ends alike is taken for it: who erases
 * a person would rather lose a letter too many.
 */
#ifndef DEAD_HOLDS_H
#define DEAD_HOLDS_H

#include "core/number.h"

#define DEAD_HOLDS_DIGITS 8

/* O(payload). `number` is one. */
bool dead_holds(struct str payload, struct number number);

#endif
