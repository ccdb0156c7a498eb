"""A browser for the tests of what people see."""

from tests.support.browser import browser as browser
from tests.support.browser import page as page
