# One library a folder of src/. The DEPENDS of each repeat the layer table of docs/architecture.md;
# tools/lint_layers.py holds the includes to the same table.
#
#   tillstream_layer(NAME DEPENDS lower-layers... LIBRARIES third-party...)
#
# Sources are NAME/*.cc without *_test.cc; the tests become one gtest program NAME_test. ctest label
# `contract` for suites with Contract in their name, `unit` for the others.

# Slack for the sanitizer builds on a busy machine; the slowest unit test takes a few seconds.
set(TILLSTREAM_UNIT_TEST_TIMEOUT 300)

# For the sources of tests, which cost more to optimise than they take to run.
set(TILLSTREAM_TEST_OPTIONS "" CACHE STRING "Compiler options for the unit tests' own sources")

option(TILLSTREAM_UNITY_TESTS "Compile the sources of unit tests eight at a time" OFF)

# Layers that a build without TILLSTREAM_KAFKA leaves out; they are no dependencies of the others.
set(TILLSTREAM_KAFKA_LAYERS kafka zookeeper)

function(tillstream_layer name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBRARIES" ${ARGN})
  if(NOT TILLSTREAM_KAFKA)
    if(name IN_LIST TILLSTREAM_KAFKA_LAYERS)
      return()
    endif()
    list(REMOVE_ITEM ARG_DEPENDS ${TILLSTREAM_KAFKA_LAYERS})
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(TRANSFORM ARG_DEPENDS PREPEND tillstream_)

  add_library(tillstream_${name} STATIC ${sources})
  target_include_directories(tillstream_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(tillstream_${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_LIBRARIES})
  set_target_properties(tillstream_${name} PROPERTIES LINKER_LANGUAGE CXX)

  if(TILLSTREAM_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE tillstream_${name} tillstream_testing
                          ${ARG_LIBRARIES} GTest::gtest GTest::gmock GTest::gtest_main)
    target_compile_options(${name}_test PRIVATE ${TILLSTREAM_TEST_OPTIONS})
    if(TILLSTREAM_UNITY_TESTS)
      set_target_properties(${name}_test PROPERTIES UNITY_BUILD ON)
      target_compile_options(${name}_test PRIVATE ${TILLSTREAM_UNITY_OPTIONS})
    endif()
    set_property(GLOBAL APPEND PROPERTY TILLSTREAM_UNIT_TESTS ${name}_test)
    gtest_discover_tests(${name}_test TEST_FILTER "-*Contract*" DISCOVERY_TIMEOUT 60
                         PROPERTIES LABELS unit TIMEOUT ${TILLSTREAM_UNIT_TEST_TIMEOUT})
    gtest_discover_tests(${name}_test TEST_FILTER "*Contract*" DISCOVERY_TIMEOUT 60
                         PROPERTIES LABELS contract TIMEOUT ${TILLSTREAM_UNIT_TEST_TIMEOUT})
  endif()
endfunction()
