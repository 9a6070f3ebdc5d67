# tillstream_embed_text(TARGET FILE HEADER CONSTANT): the text of FILE (below the source tree) as
# `const std::string_view CONSTANT`, declared in HEADER, in a generated source of TARGET, so that
# the binary needs no files beside it.
function(tillstream_embed_text target file header constant)
  get_filename_component(name ${file} NAME_WE)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cc)
  set(path ${CMAKE_SOURCE_DIR}/${file})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(READ ${path} text)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
       "#include \"${header}\"\n\nnamespace tillstream {\nconst std::string_view ${constant} = R\"text(${text})text\";\n}  // namespace tillstream\n")
  target_sources(${target} PRIVATE ${source})
endfunction()
