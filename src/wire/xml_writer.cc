#include "wire/xml_writer.h"

#include <fmt/format.h>

#include "wire/codecs.h"

namespace leat::wire {

using aws::Form;
using aws::Kind;
using aws::Shape;

void XmlWriter::finish_tag() {
  if (std::exchange(in_tag_, false)) out_ += '>';
}

void XmlWriter::open(std::string_view name) {
  finish_tag();
  out_ += '<';
  out_ += name;
  in_tag_ = true;
}

void XmlWriter::attribute(std::string_view name, std::string_view value) {
  out_ += ' ';
  out_ += name;
  out_ += "=\"";
  escape(value, true);
  out_ += '"';
}

void XmlWriter::close(std::string_view name) {
  finish_tag();
  out_ += "</";
  out_ += name;
  out_ += '>';
}

void XmlWriter::text(std::string_view text) {
  finish_tag();
  escape(text, false);
}

void XmlWriter::element(std::string_view name, std::string_view text) {
  open(name);
  this->text(text);
  close(name);
}

void XmlWriter::element(std::string_view name, const Shape& shape, const void* value) {
  open(name);
  inner(shape, value);
  close(name);
}

// Control characters, which XML 1.0 has no form for, are written as AWS writes them: by number.
void XmlWriter::escape(std::string_view text, bool attribute) {
  for (const char c : text) {
    switch (c) {
      case '&': out_ += "&amp;"; break;
      case '<': out_ += "&lt;"; break;
      case '>': out_ += "&gt;"; break;
      case '"': out_ += "&quot;"; break;
      default: {
        const bool plain = static_cast<unsigned char>(c) >= ' ' || (!attribute && (c == '\n' || c == '\t'));
        if (plain)
          out_ += c;
        else
          fmt::format_to(std::back_inserter(out_), "&#{};", static_cast<unsigned char>(c));
      }
    }
  }
}

void XmlWriter::inner(const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::kStructure: return structure(shape, value);
    case Kind::kList: return list(shape, shape.element_name, value);
    case Kind::kMap: return map(shape, "entry", value);
    case Kind::kString: return text(*static_cast<const std::string*>(value));
    default: return text(write_scalar(shape, value, aws::TimeForm::kIso8601));
  }
}

void XmlWriter::structure(const Shape& shape, const void* object) {
  if (shape.space) attribute(shape.space->attribute, shape.space->uri);
  for (const auto& member : shape.members) {
    const void* field = member.form == Form::kAttribute ? member.find(object) : nullptr;
    if (field) attribute(member.wire_name, write_scalar(*member.shape, field, aws::TimeForm::kIso8601));
  }
  for (const auto& member : shape.members) {
    const bool inside = member.location == aws::Location::kBody && member.form != Form::kAttribute;
    const void* field = inside ? member.find(object) : nullptr;
    if (!field) continue;
    if (member.form != Form::kFlat)
      element(member.wire_name, *member.shape, field);
    else if (member.shape->kind == Kind::kList)
      list(*member.shape, member.wire_name, field);
    else
      map(*member.shape, member.wire_name, field);
  }
}

void XmlWriter::list(const Shape& shape, std::string_view name, const void* list) {
  for (std::size_t i = 0; i < shape.list->size(list); ++i) element(name, *shape.element, shape.list->at(list, i));
}

void XmlWriter::map(const Shape& shape, std::string_view name, const void* map) {
  aws::each_entry(shape, map, [&](const std::string& key, const void* value) { entry(shape, name, key, value); });
}

void XmlWriter::entry(const Shape& shape, std::string_view name, const std::string& key, const void* value) {
  open(name);
  element(shape.key_name, key);
  element(shape.element_name, *shape.element, value);
  close(name);
}

}  // namespace leat::wire
