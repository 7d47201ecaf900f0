/* sim_xml: how the simulated providers that speak XML read our documents. */
#ifndef PROVIDER_SIM_XML_H
#define PROVIDER_SIM_XML_H

#include "provider/xml.h"

/* A whole number of 1..max in an attribute, `fallback` where it is not given. */
bool sim_xml_count(const struct xml_node *node, const char *name, uint32_t fallback, uint32_t max, uint32_t *ret_count);

/* It has no attributes but these; NULL ends. */
bool sim_xml_attributes_known(const struct xml_node *node, const char *const *known);

/* It is an element of that name, with nothing in it but text and nothing behind it. */
bool sim_xml_is_alone(const struct xml_node *node, const char *name);

#endif
