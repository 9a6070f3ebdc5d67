# Writes the texts of schemas/*.avsc into a generated source of TARGET, so that the binary needs no
# files beside it. Declared in src/avro/embedded_schemas.h.
function(tillstream_embed_schemas target)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_schemas.cc)
  set(text "#include \"avro/embedded_schemas.h\"\n\nnamespace tillstream {\n")
  foreach(pair sales_record:kSalesRecordAvsc store_day:kStoreDayAvsc
               sales_forecast:kSalesForecastAvsc forecast_score:kForecastScoreAvsc
               period_total:kPeriodTotalAvsc)
    string(REPLACE ":" ";" pair ${pair})
    list(GET pair 0 file)
    list(GET pair 1 constant)
    set(path ${CMAKE_SOURCE_DIR}/schemas/${file}.avsc)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(READ ${path} schema)
    string(APPEND text "const std::string_view ${constant} = R\"avsc(${schema})avsc\";\n")
  endforeach()
  string(APPEND text "}  // namespace tillstream\n")
  file(CONFIGURE OUTPUT ${source} CONTENT "${text}" @ONLY)
  target_sources(${target} PRIVATE ${source})
endfunction()
