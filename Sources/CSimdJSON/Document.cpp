#include "Document.hpp"

#include <cstring>

namespace flow_json {
namespace {

/// A member that must not be there twice: which of two would be meant?
Presence member(element at, std::string_view name, element &next) {
  bool found = false;
  for (const auto field : at.get_object().value_unsafe()) {
    if (!is_same(field.key, name)) continue;
    if (found) return Presence::twice;
    found = true;
    next = field.value;
  }
  return found ? Presence::here : Presence::absent;
}

Presence select(const uint8_t *names, const flow_json_step &step, element at, element &next, Trail *trail) {
  const auto name = text(names, step.name, step.name_length);
  const auto wanted = text(names, step.equals, step.equals_length);
  size_t index = 0;
  for (const auto candidate : at.get_array().value_unsafe()) {
    if (trail) trail->push(index);
    next = candidate;
    if (candidate.type() != element_type::OBJECT) return Presence::unfit;
    element value;
    const auto presence = member(candidate, name, value);
    if (presence == Presence::twice) {
      if (trail) trail->push(name);
      return presence;
    }
    if (presence == Presence::here && value.type() == element_type::STRING
        && value.get_string().value_unsafe() == wanted) {
      return Presence::here;
    }
    if (trail) trail->pop();
    index++;
  }
  if (trail) trail->push_selector(name);
  return Presence::absent;
}

bool part_of_date(element object, std::string_view name, int64_t most, int64_t &part) {
  element value;
  return member(object, name, value) == Presence::here && value.type() == element_type::INT64
    && (part = value.get_int64().value_unsafe(), part >= 1 && part <= most);
}

/// Google's `Date`: an object with year, month and day, all of them given.
flow_json_cell object_cell(element value, bool takes_civil_date) {
  int64_t year = 0, month = 0, day = 0;
  if (takes_civil_date && part_of_date(value, "year", 9999, year) && part_of_date(value, "month", 12, month)
      && part_of_date(value, "day", 31, day)) {
    return {static_cast<uint64_t>(year << 16 | month << 8 | day), 0, FLOW_JSON_CIVIL_DATE};
  }
  return {0, 0, FLOW_JSON_OBJECT};
}

uint64_t bits_of(double value) {
  uint64_t bits;
  static_assert(sizeof bits == sizeof value, "a double has 64 bits");
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

void append_escaped(std::string &pointer, std::string_view name) {
  for (const char character : name) {
    if (character == '~') pointer += "~0";
    else if (character == '/') pointer += "~1";
    else pointer += character;
  }
}

}  // namespace

std::string Trail::text() const {
  std::string pointer;
  for (const auto &crumb : crumbs) {
    pointer += '/';
    if (crumb.is_selector) pointer += '[';
    if (crumb.is_index) pointer += std::to_string(crumb.index);
    else append_escaped(pointer, crumb.name);
    if (crumb.is_selector) pointer += ']';
  }
  return pointer;
}

Presence step(const uint8_t *names, const flow_json_step &step, element at, element &next, Trail *trail) {
  const auto type = at.type();
  next = at;
  if (step.kind == FLOW_JSON_STEP_ELEMENT) {
    return type == element_type::ARRAY ? select(names, step, at, next, trail) : Presence::unfit;
  }
  if (step.kind == FLOW_JSON_STEP_INDEX && type == element_type::ARRAY) {
    if (trail) trail->push(step.index);
    return at.get_array().value_unsafe().at(step.index).get(next) ? Presence::absent : Presence::here;
  }
  if (type != element_type::OBJECT) return Presence::unfit;
  const auto name = text(names, step.name, step.name_length);
  if (trail) trail->push(name);
  return member(at, name, next);
}

bool follow(const uint8_t *names, const Way &way, element &end, flow_json_kind &why, Trail *trail) {
  end = way.start;
  for (uint32_t index = 0; index < way.count; index++) {
    if (end.is_null() && !(index == 0 && way.starts_at_row)) {
      why = FLOW_JSON_NULL;
      return false;
    }
    element next;
    const auto presence = step(names, way.steps[index], end, next, trail);
    if (presence == Presence::absent) {
      why = index + 1 == way.count ? FLOW_JSON_ABSENT : FLOW_JSON_PARENT_ABSENT;
      return false;
    }
    end = next;
    if (presence == Presence::here) continue;
    why = presence == Presence::twice ? FLOW_JSON_TWICE : FLOW_JSON_UNFIT;
    return false;
  }
  return true;
}

flow_json_cell cell_of(element value, bool takes_civil_date) {
  switch (value.type()) {
  case element_type::INT64:
    return {static_cast<uint64_t>(value.get_int64().value_unsafe()), 0, FLOW_JSON_INTEGER};
  case element_type::UINT64: return {value.get_uint64().value_unsafe(), 0, FLOW_JSON_NATURAL};
  case element_type::DOUBLE: return {bits_of(value.get_double().value_unsafe()), 0, FLOW_JSON_REAL};
  case element_type::STRING: {
    const auto text = value.get_string().value_unsafe();
    return {reinterpret_cast<uintptr_t>(text.data()), static_cast<uint32_t>(text.size()), FLOW_JSON_TEXT};
  }
  case element_type::BOOL: return {value.get_bool().value_unsafe() ? 1u : 0u, 0, FLOW_JSON_BOOLEAN};
  case element_type::NULL_VALUE: return {0, 0, FLOW_JSON_NULL};
  case element_type::ARRAY: return {0, 0, FLOW_JSON_LIST};
  case element_type::OBJECT: break;
  }
  return object_cell(value, takes_civil_date);
}

}  // namespace flow_json
